import {untraceable} from '../records/errors.ts';
import type {Records} from '../records/records.ts';
import type {StoredSession} from '../records/stored-session.ts';
import {traceableFor} from '../records/tombstone.ts';
import type {Version} from '../store.ts';

/** One for all requests: each has an `Ending`, and few ever end anything. */
const nothing: readonly never[] = [];

type Waiting = {
	readonly key: string;

	/** `undefined`: only its tombstone was seen. */
	readonly version: Version | undefined;
	readonly knownAt: number;

	/** Whether an earlier try failed, so that nobody knows whether it ended the session. */
	readonly isUnknown: boolean;
};

/** The sessions that a route ended and that the store must still end. */
export class Ending {
	#waiting: readonly Waiting[] = nothing;

	/** The keys of those that this request ended, some of which it may have written twice. */
	#ended: readonly string[] = nothing;

	/** Whether the store has ended all of them. */
	get isDone(): boolean {
		return this.#waiting.length === 0;
	}

	/** The key of the first one that the store must still end. */
	get key(): string | undefined {
		return this.#waiting[0]?.key;
	}

	/** @param isUnknown Whether an earlier write of this request failed, and may have ended it. */
	add({key, record: {version}, knownAt}: StoredSession, isUnknown = false): void {
		this.#waiting = [...this.#waiting, {key, version, knownAt, isUnknown}];
	}

	/** Adds a session that moved before this request began, by the key of its tombstone. */
	addTombstone(key: string): void {
		this.#waiting = [...this.#waiting, {key, version: undefined, knownAt: Date.now(), isUnknown: false}];
	}

	/**
	Ends them in the store. The next call tries again what failed.

	@returns `false` if another request ended one of them first.
	@throws SessionError `ERR_SESSION_CONFLICT` If nobody knows any more what became of one.
	*/
	async carryOut(records: Records): Promise<boolean> {
		let isOurs = true;
		for (let [first, ...others] = this.#waiting; first; [first, ...others] = this.#waiting) {
			const {key, version, knownAt, isUnknown} = first;
			this.#waiting = [{...first, isUnknown: true}, ...others];
			const ended = await records.end(key, version === undefined ? {} : {version});
			const isEnded = ended !== undefined || this.#ended.includes(key);
			if (!isEnded && Date.now() - knownAt > traceableFor) throw untraceable();

			this.#waiting = this.#waiting.slice(1);
			// It may have been found under a new id, which this request has written, too.
			if (ended !== undefined) this.#ended = [...this.#ended, key, ended];
			else if (!isUnknown && !isEnded) isOurs = false;
		}

		return isOurs;
	}
}
