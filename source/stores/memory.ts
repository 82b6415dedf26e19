import {setImmediate as giveWay} from 'node:timers/promises';
import {checkInteger} from '../options/checks.ts';
import type {SessionRecord, Store, Version, VersionedRecord} from '../store.ts';
import {warnOnce} from '../warning.ts';
import {Recency, type Used} from './shared/recency.ts';

/** Options of a `MemoryStore`. */
export type MemoryStoreOptions = {
	/**
	How many records to keep at most, a positive integer.

	One more pushes out the one that nobody has read, updated or touched for the longest time, which ends that session.

	@default 10_000
	*/
	readonly maxEntries?: number;
};

/**
Keeps sessions in the memory of this process, for tests and for trying things out.

They end with the process, and no other process sees them. Under `NODE_ENV=production` the first store warns.
Expired records are removed when they are met, by `prune()`, or pushed out by newer ones.

@throws TypeError, RangeError If `maxEntries` isn't a positive integer.

@example
import session from 'koa-server-session';
import {MemoryStore} from 'koa-server-session/stores/memory';

app.use(session(app, {store: new MemoryStore({maxEntries: 1000})}));
*/
export class MemoryStore implements Store {
	readonly #records = new Recency<VersionedRecord>();

	/** The keys of each subject's records. */
	readonly #subjects = new Map<string, Set<string>>();
	readonly #maxEntries: number;
	#writes = 0;

	constructor({maxEntries = 10_000}: MemoryStoreOptions = {}) {
		const range = {least: 1, most: Number.MAX_SAFE_INTEGER, what: 'a positive integer'};
		this.#maxEntries = checkInteger('maxEntries', maxEntries, range);
		warnInProduction();
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		return this.#use(key) ? undefined : this.#write(key, record);
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const record = this.#use(key)?.value;
		// From Buffer's pool: a copy of its own memory costs ten times as much, and this one doesn't live long.
		return record && {...record, bytes: Buffer.from(record.bytes)};
	}

	async update(key: string, record: SessionRecord, version: Version): Promise<Version | 'conflict' | 'missing'> {
		const current = this.#use(key)?.value;
		if (!current) return 'missing';
		return current.version === version ? this.#write(key, record) : 'conflict';
	}

	async touch(key: string, expiresAt: number, version?: Version): Promise<boolean> {
		const current = this.#use(key)?.value;
		if (!current || current.version !== (version ?? current.version)) return false;

		this.#set(key, {...current, expiresAt});
		return true;
	}

	async delete(key: string): Promise<void> {
		this.#remove(this.#records.get(key));
	}

	async prune(limit: number): Promise<number> {
		let deleted = 0;
		// Once round, from where the last call stopped, so that none looks again at those that live.
		for (let left = this.#records.size; left > 0 && deleted < limit; left--) {
			const walked = this.#records.walk();
			if (walked && !isLive(walked.value)) {
				this.#remove(walked);
				deleted++;
			}

			if (left % walkStep === 0) await giveWay();
		}
		return deleted;
	}

	async *bySubject(subject: string): AsyncGenerator<string, void, void> {
		for (const key of [...(this.#subjects.get(subject) ?? [])]) {
			const record = this.#records.get(key)?.value;
			if (record && isLive(record) && record.subject === subject) yield key;
		}
	}

	async *keys(prefix: string): AsyncGenerator<string, void, void> {
		for (const key of [...this.#records.keys()]) if (key.startsWith(prefix)) yield key;
	}

	/** The live record, which thereby becomes the most recently used one. */
	#use(key: string): Used<VersionedRecord> | undefined {
		const used = this.#records.get(key);
		if (!used) return undefined;

		if (!isLive(used.value)) {
			this.#remove(used);
			return undefined;
		}

		this.#records.use(used);
		return used;
	}

	#write(key: string, {bytes, expiresAt, subject}: SessionRecord): Version {
		const version = String(++this.#writes);
		const record = {bytes: new Uint8Array(bytes), expiresAt, version};
		this.#set(key, subject === undefined ? record : {...record, subject});
		return version;
	}

	#set(key: string, record: VersionedRecord): void {
		this.#remove(this.#records.get(key));
		if (!isLive(record)) return;

		this.#records.add(key, record);
		this.#index(key, record.subject);
		if (this.#records.size > this.#maxEntries) this.#remove(this.#records.oldest);
	}

	#index(key: string, subject: string | undefined): void {
		if (subject === undefined) return;

		const keys = this.#subjects.get(subject);
		if (keys) keys.add(key);
		else this.#subjects.set(subject, new Set([key]));
	}

	#remove(removed: Used<VersionedRecord> | undefined): void {
		if (!removed) return;

		this.#records.remove(removed);
		const {subject} = removed.value;
		const keys = subject === undefined ? undefined : this.#subjects.get(subject);
		keys?.delete(removed.key);
		if (subject !== undefined && keys?.size === 0) this.#subjects.delete(subject);
	}
}

/** How many records to look at before others have their turn: some tenths of a millisecond, if all are far away. */
const walkStep = 500;

const isLive = ({expiresAt}: SessionRecord): boolean => expiresAt > Date.now();

const warnInProduction = (): void => {
	if (process.env['NODE_ENV'] !== 'production') return;
	warnOnce(
		'MEMORY',
		'Sessions are kept in the memory of this process alone and end with it',
		"Set the `store` option to a store that outlives the process, for example 'redis://127.0.0.1:6379'.",
	);
};
