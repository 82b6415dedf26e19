/** A gate in the way of a race: all who come wait until it is opened. */
export class Gate {
	readonly #opened = Promise.withResolvers<void>();
	readonly #reached = Promise.withResolvers<void>();

	/** Waits at the gate. */
	async pass(): Promise<void> {
		this.#reached.resolve();
		await this.#opened.promise;
	}

	/** Resolves when somebody waits at the gate, or passed it. */
	get reached(): Promise<void> {
		return this.#reached.promise;
	}

	open(): void {
		this.#opened.resolve();
	}
}

/** Lets parties through together, once all of them are there. */
export class Barrier {
	#missing: number;
	readonly #complete = Promise.withResolvers<void>();

	constructor(parties: number) {
		this.#missing = parties;
	}

	async wait(): Promise<void> {
		if (--this.#missing <= 0) this.#complete.resolve();
		await this.#complete.promise;
	}
}
