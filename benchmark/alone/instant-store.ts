import {
	type SessionRecord,
	type Store,
	toVersion,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from '../../source/store.ts';

/** As good as no store: it copies nothing and forgets nothing. For measuring what lies around a store. */
export class InstantStore implements Store {
	readonly #records = new Map<string, VersionedRecord>();
	#writes = 0;

	async create(key: string, record: SessionRecord): Promise<Version> {
		return this.#set(key, record);
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		return this.#records.get(key);
	}

	async update(key: string, record: SessionRecord, version: Version): Promise<UpdateResult> {
		return this.#records.get(key)?.version === version ? {version: this.#set(key, record)} : 'conflict';
	}

	async touch(): Promise<boolean> {
		return true;
	}

	async delete(key: string): Promise<boolean> {
		return this.#records.delete(key);
	}

	#set(key: string, record: SessionRecord): Version {
		const version = toVersion(String(++this.#writes));
		this.#records.set(key, {...record, version});
		return version;
	}
}
