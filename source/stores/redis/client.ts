import type {Cluster, Redis} from 'ioredis';
import {type OwnClient, ownClient} from '../shared/own-client.ts';
import {openRedis} from './opening.ts';
import {parseRedisUrl} from './url.ts';

/**
What `RedisStore` needs of a client. `Redis` and `Cluster` of ioredis 5.3 and newer fit.

Each call names one key, so a cluster needs no more than a single server. A client adds its own key prefix, if any.
*/
export interface RedisClient {
	getBuffer(key: string): Promise<Buffer | null>;
	evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: (string | number | Buffer)[]): Promise<unknown>;
	eval(lua: string, numberOfKeys: number, ...keysAndArguments: (string | number | Buffer)[]): Promise<unknown>;
	zscan(key: string, cursor: string, option: 'COUNT', count: number): Promise<[cursor: string, flat: string[]]>;

	/** For `keys()`: runs a command as it stands. */
	call(command: string, ...args: string[]): Promise<unknown>;

	/** For `keys()`: the masters of a cluster, each of which has its part. */
	nodes?(role: 'master'): RedisClient[];

	/** For `keys()`: what the client puts before each key. */
	readonly options?: {readonly keyPrefix?: string | undefined};
}

/** How a store comes by its client. */
export type RedisConnection = OwnClient<RedisClient> & {
	/** Why a client that this store opened last had no connection. It may have one again. */
	lastFault?(): Error | undefined;
};

/** The application's own client: it opens and closes it. */
export const borrow = (client: RedisClient): RedisConnection => ({
	// No listener for its `error` event: without one ioredis logs, and whether it should is the application's choice.
	use: work => work(client),
	close: async () => {},
});

/** A client for a URL, opened by the first operation. */
export const connectTo = (url: string): RedisConnection => {
	const address = parseRedisUrl(url);
	let fault: Error | undefined;
	const note = (error: Error): void => {
		fault = error;
	};
	return {...ownClient<Redis | Cluster>(() => openRedis(address, note), quit), lastFault: () => fault};
};

/** A server that has gone away can't say goodbye. */
const quit = async (client: Redis | Cluster): Promise<void> => {
	await client.quit().catch(() => client.disconnect());
};
