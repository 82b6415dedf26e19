import {ownError} from './errors.ts';

type Run<Caller> = {readonly callers: Caller[]; readonly done: Promise<number>};

/**
Lets callers share work. Those who come while it is under way wait for one next run, which serves all who wait by then.

So each is served by a run that began after its call.
*/
export class SharedRuns<Caller> {
	/** The runs that haven't begun. */
	readonly #next = new Map<string, Run<Caller>>();

	/** The latest run of each key. */
	readonly #latest = new Map<string, Promise<number>>();

	/** @returns What the run resolves to, for the first of its callers; 0 for the others. */
	async join(key: string, caller: Caller, work: (callers: readonly Caller[]) => Promise<number>): Promise<number> {
		const next = this.#next.get(key);
		if (next) {
			next.callers.push(caller);
			try {
				await next.done;
				return 0;
			} catch (error) {
				throw ownError(error);
			}
		}

		const callers = [caller];
		const done = this.#after(key, () => work(callers));
		this.#next.set(key, {callers, done});
		this.#latest.set(key, done);
		try {
			return await done;
		} finally {
			if (this.#latest.get(key) === done) this.#latest.delete(key);
		}
	}

	async #after(key: string, work: () => Promise<number>): Promise<number> {
		await this.#latest.get(key)?.catch(() => undefined);
		this.#next.delete(key);
		return work();
	}
}
