/** More than one can look at at once. */
const mostRecords = 100;

type Sighting = {readonly bytes: Uint8Array; readonly former: Uint8Array | undefined};

/** Records as they were before another codec or another key wrote them anew, for the panel. A restart forgets them. */
export class FormerRecords {
	readonly #writerOf: (record: Uint8Array) => string | undefined;
	readonly #sightings = new Map<string, Sighting>();

	/** @param writerOf Tells which codec and which key wrote a record; `undefined` for the marker of an ended session. */
	constructor(writerOf: (record: Uint8Array) => string | undefined) {
		this.#writerOf = writerOf;
	}

	/** Sees a record that was read or written. */
	see(key: string, record: Uint8Array): void {
		const writer = this.#writerOf(record);
		const before = this.#sightings.get(key);
		// To the end of the line, or out of it.
		this.#sightings.delete(key);
		if (writer === undefined) return;

		const isAnew = before && this.#writerOf(before.bytes) !== writer;
		this.#sightings.set(key, {bytes: Uint8Array.from(record), former: isAnew ? before.bytes : before?.former});
		const [oldest] = this.#sightings.keys();
		if (this.#sightings.size > mostRecords && oldest !== undefined) this.#sightings.delete(oldest);
	}

	/** The record as its former writer left it. */
	of(key: string): Uint8Array | undefined {
		return this.#sightings.get(key)?.former;
	}
}
