import type {RedisCommands} from './commands.ts';
import {countLosses} from './losses.ts';

type Arguments = (string | number | Buffer)[];

/**
What `RedisStore` needs of a client of ioredis. `Redis` and `Cluster` of ioredis 5.3 and newer fit.

Each call uses one key, so a cluster or a proxy needs nothing more.
*/
export interface IoRedisClient {
	getBuffer(key: string): Promise<Buffer | null>;

	/** Required like the others, but missing in the types of ioredis. */
	evalshaBuffer?(sha1: string, numberOfKeys: number, ...keysAndArguments: Arguments): Promise<unknown>;
	evalBuffer?(lua: string, numberOfKeys: number, ...keysAndArguments: Arguments): Promise<unknown>;

	/** For `keys()`: runs a command unchanged. */
	call(command: string, ...args: string[]): Promise<unknown>;

	/** For `keys()`: the masters of a cluster, each of which has some of the keys. */
	nodes?(role: 'master'): IoRedisClient[];

	/** For a database other than 0. */
	select?(database: number): Promise<unknown>;

	/** Tells of connections that were lost: `close`, and of a cluster's `-node`. */
	on(event: string, listener: () => void): unknown;

	readonly options?: {
		readonly db?: number | undefined;

		/** What the client puts before each key. */
		readonly keyPrefix?: string | undefined;

		/** Where a cluster's client reads. */
		readonly scaleReads?: unknown;
	};
}

/** A client whose methods have been checked. */
export type CheckedIoRedisClient = IoRedisClient & Required<Pick<IoRedisClient, 'evalshaBuffer' | 'evalBuffer'>>;

/** Methods that give texts as `Buffer`s do so whatever the client's options are. */
export const ioredisCommands = (client: CheckedIoRedisClient): RedisCommands => {
	const select = selecting(client);
	const losses = countLosses(client, ['close', '-node']);
	return {
		...(readsFromMaster(client) && {get: key => attempt(() => client.getBuffer(key))}),
		evalsha: (sha1, key, args) => attempt(() => client.evalshaBuffer(sha1, 1, key, ...args)),
		eval: (lua, key, args) => attempt(() => client.evalBuffer(lua, 1, key, ...args)),
		masters: async () =>
			(client.nodes?.('master') ?? [client]).map(
				node =>
					(...command) =>
						node.call(...command),
			),
		prefix: async () => client.options?.keyPrefix ?? '',
		losses,
		...(select && {ready: select}),
	};
};

/** Rejects where a client throws: a cluster's does with automatic pipelining, for a slot that no node serves. */
const attempt = <Reply>(send: () => Promise<Reply>): Promise<Reply> => {
	try {
		return send();
	} catch (error) {
		return Promise.reject(error);
	}
};

const readsFromMaster = ({options}: IoRedisClient): boolean => (options?.scaleReads ?? 'master') === 'master';

/** Selects the database on each new connection: the library tries so too, but if it fails it goes on in database 0. */
const selecting = (client: IoRedisClient): (() => Promise<unknown>) | undefined => {
	const {db} = client.options ?? {};
	if (!db) return undefined;

	let selected: Promise<unknown> | undefined;
	const forget = (): void => {
		selected = undefined;
	};
	client.on('close', forget);
	return async () => {
		selected ??= client.select?.(db);
		try {
			await selected;
		} catch (error) {
			forget();
			throw error;
		}
	};
};
