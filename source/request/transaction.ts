import {isStoreFault} from '../errors.ts';
import {publish} from '../events.ts';
import type {Data, Keep, Session} from '../session.ts';
import {type Adoption, adopt, type OldSession} from './adoption.ts';
import {commit} from './commit.ts';
import type {Holding} from './holding.ts';
import {checkData, type SessionControl, type SessionObject} from './session-object.ts';
import {update} from './update.ts';

/** One request's session, from load to commit: what its members do, one after another. */
export class Transaction implements SessionControl {
	readonly #holding: Holding;
	#lastWork: Promise<unknown> | undefined;

	/** Why the last work failed, if the route has asked for nothing new since. */
	#lastFault: unknown;

	constructor(open: (members: SessionControl) => Holding) {
		this.#holding = open(this);
	}

	get session(): SessionObject {
		return this.#holding.live.session;
	}

	get id(): string {
		return this.#holding.live.id;
	}

	get isNew(): boolean {
		return this.#holding.stored === undefined || this.#holding.isMoving;
	}

	get expiresAt(): Date {
		const {stored, records, live} = this.#holding;
		return new Date(stored?.record.expiresAt ?? records.nextExpiry(live.createdAt));
	}

	get permanent(): boolean {
		return this.#holding.live.permanent;
	}

	set permanent(permanent) {
		this.#holding.live.permanent = permanent;
	}

	get subject(): string | undefined {
		return this.#holding.live.subject;
	}

	set subject(subject) {
		this.#holding.live.subject = subject;
	}

	/** Replaces all data, as `ctx.session = {…}` does. @throws TypeError If it is no plain object. */
	replace(data: unknown): void {
		this.#holding.live.replaceData(checkData(data));
	}

	/** Ends the session for the route at once and in the store at commit, as `ctx.session = null` does. */
	forget(): void {
		this.#lastFault = undefined;
		this.#holding.forget();
	}

	async regenerate({keep = true, leave = false}: {readonly keep?: Keep; readonly leave?: boolean} = {}): Promise<void> {
		this.#lastFault = undefined;
		if (leave) this.#holding.live.leave();
		this.#holding.live.regenerate(keep);
	}

	flash(kind: string, message: unknown): void {
		this.#holding.live.flashes.add(kind, message);
	}

	flashes(kind: string): never[] {
		return this.#holding.live.flashes.take(kind) as never[];
	}

	save(): Promise<void> {
		return reportedLater(this.#remembered(async () => commit(this.#holding, 'save')));
	}

	update<Result>(change: (session: Session<Data>) => Result | Promise<Result>): Promise<Result> {
		return update(this.#holding, work => this.#remembered(work), change);
	}

	destroy(): Promise<void> {
		this.forget();
		return reportedLater(this.#remembered(() => this.#holding.endForgotten()));
	}

	/** Carries on a session of another library, where the request brought none of ours. */
	adopt(old: OldSession): Promise<Adoption> {
		return this.#inTurn(() => adopt(this.#holding, old));
	}

	/**
	Commits at the end of the request, and lets the codec clean up in any case.

	For a request that failed, a store that failed it already isn't asked again: its client would wait twice.

	@returns `undefined` where there is nothing to wait for.
	*/
	finish(mode: 'finish' | 'discard'): Promise<void> | undefined {
		try {
			if (mode === 'discard' && isStoreFault(this.#lastFault)) throw this.#lastFault;
			const work = this.#lastWork ? this.#inTurn(async () => commit(this.#holding, mode)) : commit(this.#holding, mode);
			if (work) return this.#conclude(work);
		} catch (error) {
			return this.#conclude(Promise.reject(error));
		}

		this.#holding.stored?.abort();
		return undefined;
	}

	async #conclude(work: Promise<void>): Promise<void> {
		this.#lastWork = work;
		try {
			await work;
		} catch (error) {
			// The error may reach nobody: behind another one, or behind an answer that is sent already.
			publish('lost', () => ({session: this.#holding.name, reason: 'failed'}));
			throw error;
		} finally {
			this.#holding.stored?.abort();
		}
	}

	/** Works in turn, and remembers how that went. */
	#remembered<Result>(work: () => Promise<Result>): Promise<Result> {
		const run = this.#inTurn(work);
		run.then(
			() => {
				this.#lastFault = undefined;
			},
			error => {
				this.#lastFault = error;
			},
		);
		return run;
	}

	#inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
		const run = this.#lastWork ? this.#lastWork.then(work, work) : work();
		this.#lastWork = run;
		return run;
	}
}

/** Nobody has to wait for it: the commit tries again, and reports what fails then. */
const reportedLater = (work: Promise<void>): Promise<void> => {
	work.catch(() => undefined);
	return work;
};
