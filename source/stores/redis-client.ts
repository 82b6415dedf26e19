import {setImmediate} from 'node:timers/promises';
import type {Cluster, Redis} from 'ioredis';
import {SessionError} from '../errors.ts';
import {openRedis} from './redis-opening.ts';
import {parseRedisUrl} from './redis-url.ts';

/**
What `RedisStore` needs of a client. `Redis` and `Cluster` of ioredis 5.3 and newer fit.

Each call names one key, so a cluster needs no more than a single server. A client adds its own key prefix, if any.
*/
export interface RedisClient {
	getBuffer(key: string): Promise<Buffer | null>;
	evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: (string | number | Buffer)[]): Promise<unknown>;
	eval(lua: string, numberOfKeys: number, ...keysAndArguments: (string | number | Buffer)[]): Promise<unknown>;
	zrangebyscore(key: string, min: string, max: string): Promise<string[]>;
	del(key: string): Promise<number>;
}

/** How a store comes by its client. */
export type RedisConnection = {
	/** The client, once there is one that can be asked. */
	readonly client: RedisClient | undefined;

	connect(): Promise<RedisClient>;
	close(): Promise<void>;
};

/** The application's own client: it opens and closes it. */
export const borrow = (client: RedisClient): RedisConnection => ({
	client,
	// No listener for its `error` event: without one ioredis logs, and whether it should is the application's choice.
	connect: async () => client,
	close: async () => {},
});

/** A client for a URL, opened by the first operation. */
export const connectTo = (url: string): RedisConnection => {
	const address = parseRedisUrl(url);
	let client: Redis | Cluster | undefined;
	let opened: Promise<Redis | Cluster> | undefined;
	let closed: Promise<void> | undefined;
	const open = async () => {
		client = await openRedis(address);
		return client;
	};

	return {
		get client() {
			return closed ? undefined : client;
		},
		// Not `async`, so that a call made before `close()` also reaches the client before it.
		connect() {
			if (closed) return Promise.reject(new SessionError('ERR_SESSION_STORE', 'The store was closed. Make a new one'));
			opened ??= open();
			return opened;
		},
		close() {
			closed ??= opened?.then(quit, () => {}) ?? Promise.resolve();
			return closed;
		},
	};
};

/** Lets replies under way arrive; a server that is gone has none. */
const quit = async (client: Redis | Cluster): Promise<void> => {
	// Calls of this very moment are sent together at its end.
	await setImmediate();
	await client.quit().catch(() => client.disconnect());
};
