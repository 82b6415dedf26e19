/** More than one person looks at. */
const mostRecords = 100;

type Sighting = {readonly bytes: Uint8Array; readonly former: Uint8Array | undefined};

/** Records as they were before another codec or key rewrote them, for the panel. A restart forgets them. */
export class FormerRecords {
	readonly #writerOf: (record: Uint8Array) => string | undefined;
	readonly #sightings = new Map<string, Sighting>();

	/** @param writerOf Names the codec and the key that wrote a record. `undefined` for the tombstone of an ended session. */
	constructor(writerOf: (record: Uint8Array) => string | undefined) {
		this.#writerOf = writerOf;
	}

	/** Remembers a record that was read or written. */
	remember(key: string, record: Uint8Array): void {
		const writer = this.#writerOf(record);
		const before = this.#sightings.get(key);
		// The most recent record comes last.
		this.#sightings.delete(key);
		if (writer === undefined) return;

		const isRewritten = before && this.#writerOf(before.bytes) !== writer;
		this.#sightings.set(key, {bytes: Uint8Array.from(record), former: isRewritten ? before.bytes : before?.former});
		const [oldest] = this.#sightings.keys();
		if (this.#sightings.size > mostRecords && oldest !== undefined) this.#sightings.delete(oldest);
	}

	/** The record before it was rewritten. */
	of(key: string): Uint8Array | undefined {
		return this.#sightings.get(key)?.former;
	}
}
