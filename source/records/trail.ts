import type {Version, VersionedRecord} from '../store.ts';
import type {GuardedStore} from './guarded-store.ts';
import {Slice} from './slice.ts';
import {isTombstone, successorOf} from './tombstone.ts';

/** Which session to end. */
export type EndOptions = {
	/** The version that the caller knows, which saves a read. */
	readonly version?: Version;
	readonly isMeant?: (key: string, record: VersionedRecord) => boolean;

	/** Shared by all that one walk does. */
	readonly trail?: Trail;
};

/**
Follows tombstones to the sessions that they lead to now.

A walk over many sessions shares one trail, also for what it does at once. So each tombstone is read once, though a session may
leave many of them, each of which leads to the next.
*/
export class Trail {
	readonly #store: GuardedStore;
	readonly #slice = new Slice();

	/** What leads to nothing new. */
	readonly #passed = new Set<string>();

	/** The reads under way. */
	readonly #reads = new Map<string, Promise<VersionedRecord | undefined>>();

	constructor(store: GuardedStore) {
		this.#store = store;
	}

	/** Follows tombstones from a key. `undefined`: they lead to no session, in a circle, or to where this trail has been. */
	async follow(key: string): Promise<{key: string; record: VersionedRecord} | undefined> {
		for (let current = key; ; ) {
			const other = this.#reads.get(current);
			if (other) {
				// It shows whether this is a tombstone. For anything else it is too old: where it finds nothing, a session may be
				// stored by now that a tombstone leads to.
				await other.catch(() => undefined);
				continue;
			}
			if (this.#passed.has(current)) return undefined;

			const record = await this.#read(current);
			if (!record) return undefined;
			if (!isTombstone(record.bytes)) return {key: current, record};
			current = successorOf(record.bytes);
		}
	}

	/** From now on, the key leads to nothing new: its session is done with. */
	pass(key: string): void {
		this.#passed.add(key);
	}

	/** Calls the store about a session that was found. */
	step<Result>(call: () => Promise<Result>): Promise<Result> {
		return this.#slice.step(call);
	}

	#read(key: string): Promise<VersionedRecord | undefined> {
		const read = this.#readNow(key);
		this.#reads.set(key, read);
		return read;
	}

	async #readNow(key: string): Promise<VersionedRecord | undefined> {
		try {
			const record = await this.#slice.step(() => this.#store.read(key));
			if (record && isTombstone(record.bytes)) this.#passed.add(key);
			return record;
		} finally {
			this.#reads.delete(key);
		}
	}
}
