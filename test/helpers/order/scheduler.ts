import {AsyncLocalStorage} from 'node:async_hooks';

/** A pseudo-random number from 0 to below 1, the same ones for the same seed (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
};

/** How long a party may be on its way from one step to the next before it counts as waiting for another one, in milliseconds. */
const moment = 3;

/**
Lets parties of a race go on one at a time, in an order drawn at random.

As soon as each party either waits at a step or is through, one of those that wait is released. So the order depends on
the random numbers alone, however fast anything is. Only where one party waits for another one, as requests do that write
the same session, those that wait at a step go on after a moment.
*/
export class Scheduler {
	/** The steps in the order in which they were released. */
	readonly steps: string[] = [];

	readonly #random: () => number;
	readonly #party = new AsyncLocalStorage<string>();
	readonly #racing = new Set<string>();
	readonly #waiting = new Map<string, () => void>();

	/** Parties in a call of the store, where they wait for no other one. */
	readonly #calling = new Set<string>();
	#moment: NodeJS.Timeout | undefined;

	constructor(random: () => number) {
		this.#random = random;
	}

	/** The party on whose behalf this code runs. */
	get party(): string {
		return this.#party.getStore() ?? '';
	}

	/** Runs code on behalf of a party. */
	as<Result>(party: string, work: () => Result): Result {
		return this.#party.run(party, work);
	}

	/** Waits for its turn, if it belongs to a party of the race. */
	async step(name: string): Promise<void> {
		const {party} = this;
		if (!this.#racing.has(party)) return;
		if (this.#waiting.has(party)) throw new Error(`Expected ${party} to take one step at a time`);

		await new Promise<void>(resolve => {
			this.#waiting.set(party, () => {
				this.steps.push(`${party} ${name}`);
				resolve();
			});
			this.#releaseNext();
		});
	}

	/** Calls a store, with a step before that and one after it. */
	async call<Result>(operation: string, call: () => Promise<Result>): Promise<Result> {
		await this.step(`calls ${operation}`);
		const {party} = this;
		this.#calling.add(party);
		let result: Result;
		try {
			result = await call();
		} finally {
			this.#calling.delete(party);
			this.#releaseNext();
		}
		await this.step(`sees ${operation}`);
		return result;
	}

	/** Holds a race; resolves with what each party resolved with. */
	async race<Result>(parties: Readonly<Record<string, () => Promise<Result>>>): Promise<Record<string, Result>> {
		for (const party of Object.keys(parties)) this.#racing.add(party);
		const results = Object.entries(parties).map(async ([party, run]) => {
			const result = await run();
			this.#racing.delete(party);
			this.#releaseNext();
			return [party, result] as const;
		});
		return Object.fromEntries(await Promise.all(results));
	}

	/** Releases a party if all wait at a step; or in a moment, unless a call of the store is under way, after which it is asked again. */
	#releaseNext(): void {
		clearTimeout(this.#moment);
		if (this.#waiting.size > 0 && this.#waiting.size === this.#racing.size) this.#release();
		if (this.#waiting.size === 0) return;
		this.#moment = setTimeout(() => {
			if (this.#calling.size > 0) return;
			this.#release();
			this.#releaseNext();
		}, moment);
	}

	#release(): void {
		// Not in the order of arrival, which isn't the same each time.
		const parties = [...this.#waiting.keys()].sort();
		const party = parties[Math.floor(this.#random() * parties.length)] ?? '';
		const release = this.#waiting.get(party);
		this.#waiting.delete(party);
		release?.();
	}
}
