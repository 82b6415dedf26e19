import type {Redis} from 'ioredis';
import {SessionError} from '../errors.ts';
import {load} from './client-library.ts';

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
export type RedisConnection = {connect(): Promise<RedisClient>; close(): Promise<void>};

/** The application's own client: it opens and closes it. */
export const borrow = (client: RedisClient): RedisConnection => ({
	// No listener for its `error` event: without one ioredis logs, and whether it should is the application's choice.
	connect: async () => client,
	close: async () => {},
});

/** A client for a URL, opened by the first operation. */
export const connectTo = (url: string): RedisConnection => {
	checkUrl(url);
	let client: ReturnType<typeof open> | undefined;
	let closed: Promise<void> | undefined;
	return {
		// Not `async`, so that a call made before `close()` also reaches the client before it.
		connect() {
			if (closed) return Promise.reject(new SessionError('ERR_SESSION_STORE', 'The store was closed. Make a new one'));
			client ??= open(url);
			return client;
		},
		close() {
			closed ??= client?.then(quit, () => {}) ?? Promise.resolve();
			return closed;
		},
	};
};

/** Lets replies under way arrive; a server that is gone has none. */
const quit = async (client: Redis): Promise<void> => {
	await client.quit().catch(() => client.disconnect());
};

/** Never quotes the URL, since it may hold a password. */
const checkUrl = (url: string): void => {
	const scheme = URL.canParse(url) ? new URL(url).protocol : undefined;
	if (scheme === 'redis:' || scheme === 'rediss:') return;
	throw new TypeError(`Expected a URL that begins with \`redis://\` or \`rediss://\`, got ${scheme ?? 'none at all'}`);
};

/** Opens a client that fails fast, so that a request does, and comes back by itself. */
const open = async (url: string): Promise<Redis> => {
	const {Redis} = await load('ioredis', () => import('ioredis'));
	const client = new Redis(url, {
		connectTimeout: 2000,
		// A server that is gone: a request waits for two attempts to reach it, and fails.
		maxRetriesPerRequest: 1,
		retryStrategy: attempt => Math.min(50 * attempt, 250),
		// A server that hangs, or a connection that died without a word. The engine's `storeTimeout` comes before.
		commandTimeout: 5000,
		socketTimeout: 5000,
		// A managed server that failed over may still be there, but read-only.
		reconnectOnError: error => error.message.includes('READONLY'),
	});
	// Each call that fails says so to its caller; without a listener ioredis prints the same once more.
	client.on('error', () => {});
	return client;
};
