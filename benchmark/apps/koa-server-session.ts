import type {Redis} from 'ioredis';
import Koa from 'koa';
import session, {
	type SessionRecord,
	type Store,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {open} from '../../source/stores/open.ts';
import {RedisStore} from '../../source/stores/redis.ts';
import {decodeFrame, encodeFrame} from '../../source/stores/shared/frame.ts';
import {drawVersion} from '../../source/stores/shared/version.ts';
import {prepare} from '../stores/prepare.ts';
import {answer, key, type MakeApp, maxAge} from './route.ts';

/** This library on a store. @param make Its `session()`, or that of another version. */
export const onStore = (store: Store, make: typeof session = session): Koa => {
	const app = new Koa();
	app.keys = [key];
	// The long `storeTimeout` is for hundreds of visitors who log in at once.
	app.use(make(app, {store, idleTimeout: maxAge, storeTimeout: '30s'}));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx['session']);
	});
	return app;
};

export const onRedis: MakeApp<Redis> = redis => onStore(new RedisStore(redis));

/** Reads come from this process as long as Redis says nothing else. */
export const onNearCache: MakeApp<Redis> = redis =>
	onStore(new RedisStore(redis, {nearCache: {maxEntries: 10_000, maxAge: '5s'}}));

export const inMemory: MakeApp<Redis> = () => onStore(new MemoryStore());

/** On the store of the URL, with its table if it needs one. */
export const onUrl: MakeApp<Redis> = async (_redis, url) => {
	const store = await open(url);
	await prepare(store);
	return onStore(store);
};

/** Without compare-and-swap, to see what that costs. */
export const onPlainSet: MakeApp<Redis> = redis => onStore(new PlainSetStore(redis));

/** Writes records with a plain `SET`, so parallel changes get lost. */
class PlainSetStore implements Store {
	readonly #client: Redis;

	constructor(client: Redis) {
		this.#client = client;
	}

	async create(key: string, record: SessionRecord): Promise<Version> {
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
