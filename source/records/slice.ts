import {setImmediate as nextTurn} from 'node:timers/promises';

/** How long to go on before others have their turn, in milliseconds. */
const length = 3;

/** Work on many records, cut into slices so that requests don't wait for all of it: a store in this process answers at once. */
export class Slice {
	#endsAt = performance.now() + length;
	#next: Promise<void> | undefined;

	/** Lets others have their turn if the slice is over. Call it after each record. */
	async giveWay(): Promise<void> {
		if (!this.#isOver) return;

		this.#next ??= this.#begin();
		await this.#next;
	}

	/** Takes a step of work that goes on for several records at once. Lets others have their turn before it if the slice is over. */
	async step<Result>(work: () => Promise<Result>): Promise<Result> {
		// Asked again right before the step: all that waited go on together, and the first ones may use up the slice.
		while (this.#isOver) await this.giveWay();
		return work();
	}

	get #isOver(): boolean {
		return performance.now() >= this.#endsAt;
	}

	async #begin(): Promise<void> {
		await nextTurn();
		this.#endsAt = performance.now() + length;
		this.#next = undefined;
	}
}
