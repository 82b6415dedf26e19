import type {Store, StoredRecord, StoreRecord, Version} from '../../source/store.ts';

/** As good as no store: it copies nothing and forgets nothing. For measuring what lies around a store. */
export class InstantStore implements Store {
	readonly #records = new Map<string, StoredRecord>();
	#writes = 0;

	async create(key: string, record: StoreRecord): Promise<Version> {
		return this.#set(key, record);
	}

	async read(key: string): Promise<StoredRecord | undefined> {
		return this.#records.get(key);
	}

	async update(key: string, record: StoreRecord, version: Version): Promise<Version | 'conflict'> {
		return this.#records.get(key)?.version === version ? this.#set(key, record) : 'conflict';
	}

	async touch(): Promise<boolean> {
		return true;
	}

	async delete(key: string): Promise<void> {
		this.#records.delete(key);
	}

	#set(key: string, record: StoreRecord): Version {
		const version = String(++this.#writes);
		this.#records.set(key, {...record, version});
		return version;
	}
}
