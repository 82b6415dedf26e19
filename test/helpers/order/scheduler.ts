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
	readonly #onStep: () => void;
	readonly #party = new AsyncLocalStorage<string>();
	readonly #racing = new Set<string>();

	/** In the order of arrival. A party that does several things at once may wait at several steps. */
	readonly #waiting: {readonly party: string; readonly release: () => void}[] = [];

	/** How many calls of the store are under way. In them, a party waits for no other one. */
	#calls = 0;
	#moment: NodeJS.Timeout | undefined;
	#settling: NodeJS.Immediate | undefined;

	/** @param onStep Called at each step. */
	constructor(random: () => number, onStep = () => {}) {
		this.#random = random;
		this.#onStep = onStep;
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

		await new Promise<void>(resolve => {
			const release = () => {
				this.steps.push(`${party} ${name}`);
				this.#onStep();
				resolve();
			};
			this.#waiting.push({party, release});
			this.#releaseNext();
		});
	}

	/** Calls a store, with a step before that and one after it. */
	async call<Result>(operation: string, call: () => Promise<Result>): Promise<Result> {
		await this.step(`calls ${operation}`);
		this.#calls++;
		let result: Result;
		try {
			result = await call();
		} finally {
			this.#calls--;
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

	/** Releases a step if all parties wait at one; or in a moment, unless a call of the store is under way, after which it is asked again. */
	#releaseNext(): void {
		clearTimeout(this.#moment);
		clearImmediate(this.#settling);
		if (this.#waiting.length === 0) return;
		if (this.#calls === 0 && new Set(this.#waiting.map(({party}) => party)).size === this.#racing.size) {
			// What else a party does at once arrives at its step first.
			this.#settling = setImmediate(() => this.#release());
			return;
		}
		this.#moment = setTimeout(() => {
			if (this.#calls === 0) this.#release();
		}, moment);
	}

	#release(): void {
		// Not in the order in which parties arrive, which isn't the same each time. The steps of one party do so.
		const steps = this.#waiting.toSorted((one, other) =>
			one.party < other.party ? -1 : Number(one.party > other.party),
		);
		const step = steps[Math.floor(this.#random() * steps.length)];
		if (!step) return;
		this.#waiting.splice(this.#waiting.indexOf(step), 1);
		step.release();
		// Others still wait.
		this.#releaseNext();
	}
}
