import {setImmediate as giveWay} from 'node:timers/promises';
import {publish} from '../events.ts';
import {checkInteger, checkObject} from '../options/checks.ts';
import {called, checkNames} from '../options/names.ts';
import {
	type SessionRecord,
	type Store,
	toVersion,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from '../store.ts';
import {warnOnce} from '../warning.ts';
import {ofStores} from './shared/other-stores.ts';
import {Recency, type Used} from './shared/recency.ts';
import {isLive} from './shared/record.ts';
import type {Walk} from './shared/walk.ts';

/** Options of a `MemoryStore`. */
export type MemoryStoreOptions = {
	/**
	The most records to keep, a positive integer.

	One more removes the record that was not read, updated or touched for the longest time, which ends that session.

	@default 10_000
	*/
	readonly maxEntries?: number;
};

/**
Keeps sessions in the memory of this process, for tests and first steps.

Sessions end with the process, and no other process sees them. With `NODE_ENV=production`, the first store emits a warning.
An expired record is removed when a call meets it, by `prune()`, or when newer records need its place.

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

	constructor(options: MemoryStoreOptions = {}) {
		checkObject('options', options, 'an object such as `{maxEntries: 10_000}`');
		checkNames(options, ['maxEntries'], {remedies: {...ofStores, max: called('maxEntries')}});
		const {maxEntries = 10_000} = options;
		const range = {least: 1, most: Number.MAX_SAFE_INTEGER, what: 'a positive integer'};
		this.#maxEntries = checkInteger('maxEntries', maxEntries, range);
		warnInProduction();
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		return this.#use(key) ? undefined : this.#write(key, record);
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const record = this.#use(key)?.value;
		// From the pool of `Buffer`: memory for this copy alone would cost ten times as much, and it is short-lived.
		return record && {...record, bytes: Buffer.from(record.bytes)};
	}

	async update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		const current = this.#use(key)?.value;
		if (!current) return 'missing';
		if (current.version !== version || current.expiresAt !== (knownExpiry ?? current.expiresAt)) return 'conflict';
		return {version: this.#write(key, record)};
	}

	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		const current = this.#use(key)?.value;
		if (current?.version !== version) return false;

		this.#set(key, {...current, expiresAt});
		return true;
	}

	async delete(key: string, version?: Version): Promise<boolean> {
		const used = this.#use(key);
		if (!used || used.value.version !== (version ?? used.value.version)) return false;

		this.#remove(used);
		return true;
	}

	async prune(limit: number): Promise<number> {
		let deleted = 0;
		// One round, from where the last call stopped, so that no call looks at the same live records again.
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

	bySubject(subject: string): Walk {
		return this.#walk(this.#subjects.get(subject) ?? [], record => record.subject === subject);
	}

	keys(prefix: string): Walk {
		return this.#walk(this.#records.keys(), (_, key) => key.startsWith(prefix));
	}

	/** Walks a copy of the keys, because a set whose keys are deleted and added again during a walk never ends. */
	async *#walk(keys: Iterable<string>, isMeant: (record: VersionedRecord, key: string) => boolean): Walk {
		const left = [...keys];
		while (left.length > 0) {
			yield left.splice(-walkStep).filter(key => {
				const record = this.#records.get(key)?.value;
				return record && isLive(record) && isMeant(record, key);
			});
		}
	}

	/** Returns the live record, and makes it the most recently used one. */
	#use(key: string): Used<VersionedRecord> | undefined {
		const used = this.#records.get(key);
		if (!used) return undefined;

		if (!isLive(used.value)) {
			this.#remove(used);
			publish('expired', () => ({count: 1}));
			return undefined;
		}

		this.#records.use(used);
		return used;
	}

	#write(key: string, {bytes, expiresAt, subject}: SessionRecord): Version {
		const version = toVersion(String(++this.#writes));
		this.#set(key, {bytes: new Uint8Array(bytes), expiresAt, subject, version});
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

/** How many records to look at in one turn: a few tenths of a millisecond, if they are far apart in memory. */
const walkStep = 500;

const warnInProduction = (): void => {
	if (process.env['NODE_ENV'] !== 'production') return;
	warnOnce(
		'MEMORY',
		'Sessions are kept in the memory of this process alone and end with it',
		"Set the `store` option to a store that outlives the process, for example 'redis://127.0.0.1:6379'.",
	);
};
