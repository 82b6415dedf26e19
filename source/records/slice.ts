import {setImmediate as nextTurn} from 'node:timers/promises';

/** How long to go on before others have their turn, in milliseconds. */
const length = 3;

/** Work on many records, cut into slices so that requests don't wait for all of it: a store in this process answers at once. */
export class Slice {
	#endsAt = performance.now() + length;

	/** Lets others have their turn if the slice is over. Call it after each record. */
	async giveWay(): Promise<void> {
		if (performance.now() < this.#endsAt) return;

		await nextTurn();
		this.#endsAt = performance.now() + length;
	}
}
