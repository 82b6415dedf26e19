import {setImmediate as nextTurn} from 'node:timers/promises';
import {publish} from '../../events.ts';
import {checkInteger} from '../../options/checks.ts';

/** The option `pruneEvery` of stores whose backend doesn't expire records. */
export const readPruneEvery = (pruneEvery = 100): number =>
	checkInteger('pruneEvery', pruneEvery, {least: 0, most: 1_000_000, what: 'a number of creates, or 0 for never'});

/**
Deletes some expired records after every so many creates. It neither delays nor fails a create, and needs no timer.

Each time, it deletes up to twice as many as it waits for, so that a table which has grown shrinks again. No more, since that
many may keep an embedded database busy.
*/
export class Sweeper {
	readonly #every: number;
	readonly #prune: (limit: number) => Promise<number>;
	#creates = 0;
	#isSweeping = false;

	/** @param every After how many creates; 0: never. */
	constructor(every: number, prune: (limit: number) => Promise<number>) {
		this.#every = every;
		this.#prune = prune;
	}

	/** Called after each create. Returns at once. */
	count(): void {
		if (this.#every === 0 || ++this.#creates < this.#every || this.#isSweeping) return;
		this.#creates = 0;
		this.#isSweeping = true;
		void this.#run();
	}

	async #run(): Promise<void> {
		// SQLite answers at once: the request that created the record goes first.
		await nextTurn();
		try {
			const count = await this.#prune(2 * this.#every);
			if (count > 0) publish('expired', () => ({count}));
		} catch {
			// The store was closed, or is out of order, which shows in the calls of requests.
		} finally {
			this.#isSweeping = false;
		}
	}
}
