import type {Cluster, Redis} from 'ioredis';
import {type OwnClient, ownClient} from '../shared/own-client.ts';
import type {RedisCommands} from './commands.ts';
import {ConnectionFaults, watchFaults} from './connection-faults.ts';
import {IdleConnections} from './idle.ts';
import {type CheckedIoRedisClient, type IoRedisClient, ioredisCommands} from './ioredis.ts';
import {type NodeRedisClient, nodeRedisCommands} from './node-redis.ts';
import {openRedis} from './opening.ts';
import type {TrackedClient} from './tracking.ts';
import {parseRedisUrl} from './url.ts';

/** A client of ioredis, or a connected one of node-redis, the package `redis`. It may add a prefix to each key. */
export type RedisClient = IoRedisClient | NodeRedisClient;

/** How a store reaches its client. */
export type RedisConnection = OwnClient<RedisCommands> & {
	/** Lends the client as `use()` does, for work that may not need it. It may use it after the store was closed. */
	hold<Result>(work: (use: RedisConnection['use']) => Promise<Result>): Promise<Result>;

	/** Why a connection of the client failed last, where the store knows. It may have one again. */
	lastFault?(): Error | undefined;

	/** Finds the client to make further connections from. Absent for clusters, and for node-redis. */
	tracked?(): Promise<TrackedClient>;
};

/**
The application's client, which the application closes.

@throws TypeError If it is no client that the store can use.
*/
export const borrow = (client: RedisClient): RedisConnection => {
	const commands = toCommands(client);
	const close = async () => {};
	// No listener for the `error` event of ioredis. Without one, it logs, and whether it should is the application's choice.
	if (!isNodeRedis(client)) {
		const use: RedisConnection['use'] = work => start(commands, work);
		const hold: RedisConnection['hold'] = work => work(use);
		return {use, hold, close, ...(isTracked(client) && {tracked: async () => client})};
	}

	// Without a listener, a fault of node-redis would end the process.
	const faults = watchFaults(client);
	const use: RedisConnection['use'] = work => faults.limit(start(commands, work));
	return {use, hold: work => work(use), close, lastFault: () => faults.last};
};

const start = <Result>(commands: RedisCommands, work: (commands: RedisCommands) => Promise<Result>): Promise<Result> =>
	commands.ready ? commands.ready().then(() => work(commands)) : work(commands);

/**
The two libraries are told apart by the names of their methods.

@throws TypeError If it is no client that the store can use.
*/
export const toCommands = (client: unknown): RedisCommands => {
	if (isIoRedis(client)) return ioredisCommands(client);
	if (isNodeRedis(client)) return nodeRedisCommands(client);
	const isOther = hasMethods(client, ['get', 'del']);
	throw new TypeError(isOther ? `${expected}, got one of another version or library` : `${expected}, or a URL`);
};

/** A cluster's client makes a cluster's client. */
const isTracked = (client: unknown): client is TrackedClient =>
	hasMethods(client, ['duplicate', 'off']) && !hasMethods(client, ['nodes']);

const isIoRedis = (client: unknown): client is CheckedIoRedisClient =>
	hasMethods(client, ['getBuffer', 'evalshaBuffer', 'evalBuffer', 'call', 'on']);

const isNodeRedis = (client: unknown): client is NodeRedisClient =>
	hasMethods(client, ['sendCommand', 'eval', 'withTypeMapping', 'on']);

const hasMethods = (client: unknown, names: readonly string[]): boolean =>
	typeof client === 'object' && client !== null && names.every(name => typeof Reflect.get(client, name) === 'function');

const expected =
	'Expected the client of `RedisStore` to be one of ioredis 5.3 or newer, of iovalkey, or of `redis` 5 or newer (`createClient()`, `createClientPool()`, `createCluster()` or `createSentinel()`)';

/** A client for a URL, opened by the first operation. */
export const connectTo = (url: string): RedisConnection => {
	const address = parseRedisUrl(url);
	const faults = new ConnectionFaults();
	const own = ownClient(
		async () => {
			const client = await openRedis(address, fault => faults.note(fault));
			const idle = new IdleConnections(() => reconnect(client));
			return {client, idle, commands: toCommands(client)};
		},
		// If the server doesn't answer, the client disconnects.
		({client}) => faults.limit(client.quit()).catch(() => client.disconnect()),
	);
	return {
		use: work => own.use(({commands, idle}) => faults.limit(start(commands, work), idle.begin())),
		hold: work => own.use(({commands, idle}) => work(inner => faults.limit(start(commands, inner), idle.begin()))),
		close: own.close,
		lastFault: () => faults.last,
		...(address.kind !== 'cluster' && {tracked: () => own.use(async ({client}) => client as Redis)}),
	};
};

const reconnect = (client: Redis | Cluster): void => {
	for (const node of 'nodes' in client ? client.nodes() : [client]) node.disconnect(true);
};
