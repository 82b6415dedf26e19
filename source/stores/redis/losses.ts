type Emitter = {on(event: string, listener: () => void): unknown};

const known = new WeakMap<object, Losses>();

/** The connections that a client has lost. */
export class Losses {
	/** How many there were so far. */
	count = 0;

	readonly #watched = new WeakSet<Emitter>();

	/**
	Counts them once, however many stores use the client.

	@param start Called for the first store.
	*/
	static of(client: object, start: (losses: Losses) => void): Losses {
		const before = known.get(client);
		if (before) return before;

		const losses = new Losses();
		known.set(client, losses);
		start(losses);
		return losses;
	}

	/** Counts events of the client, or of one that it has for a server. */
	watch(emitter: Emitter, events: readonly string[]): void {
		if (this.#watched.has(emitter)) return;
		this.#watched.add(emitter);
		for (const event of events) emitter.on(event, () => this.count++);
	}
}
