import type {Redis} from 'ioredis';
import type {SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../../source/store.ts';
import {decodeFrame, encodeFrame} from '../../source/stores/shared/frame.ts';
import {drawVersion} from '../../source/stores/shared/version.ts';

/** Redis without compare-and-swap: the same record by a plain `SET`. It loses parallel changes; here to be compared with. */
export class PlainSetStore implements Store {
	readonly #client: Redis;

	constructor(client: Redis) {
		this.#client = client;
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		return this.#set(key, record);
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const frame = await this.#client.getBuffer(key);
		return frame ? decodeFrame(frame) : undefined;
	}

	async update(key: string, record: SessionRecord): Promise<UpdateResult> {
		return {version: await this.#set(key, record)};
	}

	async touch(key: string, expiresAt: number): Promise<boolean> {
		return (await this.#client.pexpireat(key, expiresAt)) === 1;
	}

	async delete(key: string): Promise<boolean> {
		return (await this.#client.del(key)) === 1;
	}

	async #set(key: string, record: SessionRecord): Promise<Version> {
		const version = drawVersion();
		await this.#client.set(key, encodeFrame(record, version), 'PX', Math.ceil(record.expiresAt - Date.now()));
		return version;
	}
}
