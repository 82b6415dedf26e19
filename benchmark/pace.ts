import {setTimeout} from 'node:timers/promises';

/** How much longer the same work may take than it took at best. */
const tolerance = 1.25;

/** How long to wait before looking again, in milliseconds. */
const pause = 5000;

/**
Tells the minutes in which a machine is slow because others share it. Work then takes twice as long, and ratios change too,
since not all work suffers alike.

What is slow is known only by what was fast before, in the same process.
*/
export class Pace {
	#best = Number.POSITIVE_INFINITY;
	#patience: number;
	readonly #work: () => number;
	readonly #wait: (milliseconds: number) => Promise<unknown>;

	/**
	@param patience How long it waits in all, in milliseconds. Afterwards every pace will do.
	@param work Does a fixed piece of work, and returns how long that took.
	*/
	constructor(patience: number, work = parse, wait: (milliseconds: number) => Promise<unknown> = setTimeout) {
		this.#patience = patience;
		this.#work = work;
		this.#wait = wait;
	}

	/** Whether it waits no longer. Then some figures may be those of a slow minute. */
	get isImpatient(): boolean {
		return this.#patience <= 0;
	}

	/** Whether the machine is as fast as it ever was. */
	isFast(): boolean {
		if (this.isImpatient) return true;
		const taken = this.#work();
		this.#best = Math.min(this.#best, taken);
		return taken <= this.#best * tolerance;
	}

	/** Waits until the machine is fast. */
	async whenFast(): Promise<void> {
		while (!this.isFast()) {
			this.#patience -= pause;
			await this.#wait(pause);
		}
	}
}

/** Takes some ten milliseconds. Returns the shortest time of many tries: one of them is interrupted by nobody. */
const parse = (): number => {
	let shortest = Number.POSITIVE_INFINITY;
	for (let attempt = 0; attempt < 20; attempt++) {
		const startedAt = performance.now();
		for (let time = 0; time < 5000; time++) JSON.parse('{"a":1}');
		shortest = Math.min(shortest, performance.now() - startedAt);
	}
	return shortest;
};
