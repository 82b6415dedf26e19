import type {Records} from '../records/records.ts';
import type {StoredSession} from '../records/stored-session.ts';

/** One for all requests: each has an `Ending`, and few ever end anything. */
const nothing: readonly never[] = [];

/** The sessions that a route ended and that the store must still end. */
export class Ending {
	/** `isUnknown`: an earlier try failed, so nobody knows whether it ended the session. */
	#waiting: readonly {readonly stored: StoredSession; readonly isUnknown: boolean}[] = nothing;

	/** The keys of those that this request ended, some of which it may have written twice. */
	#ended: readonly string[] = nothing;

	/** Whether the store has ended all of them. */
	get isDone(): boolean {
		return this.#waiting.length === 0;
	}

	/** @param isUnknown Whether an earlier write of this request failed, and may have ended it. */
	add(stored: StoredSession, isUnknown = false): void {
		this.#waiting = [...this.#waiting, {stored, isUnknown}];
	}

	/**
	Ends them in the store. The next call tries again what failed.

	@returns `false` if another request ended one of them first.
	*/
	async carryOut(records: Records): Promise<boolean> {
		let isOurs = true;
		for (let [first, ...others] = this.#waiting; first; [first, ...others] = this.#waiting) {
			const {stored, isUnknown} = first;
			this.#waiting = [{stored, isUnknown: true}, ...others];
			const ended = await records.end(stored.key, {version: stored.record.version});
			this.#waiting = this.#waiting.slice(1);
			// It may have been found under a new id, which this request has written, too.
			if (ended !== undefined) this.#ended = [...this.#ended, stored.key, ended];
			else if (!isUnknown && !this.#ended.includes(stored.key)) isOurs = false;
		}

		return isOurs;
	}
}
