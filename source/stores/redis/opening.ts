import type {Cluster, Redis, RedisOptions} from 'ioredis';
import {load} from '../shared/client-library.ts';
import type {RedisAddress, RedisLimits} from './url.ts';

type Library = Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>;
type AddressOf<Kind> = Extract<RedisAddress, {kind: Kind}>;

/**
Opens a client that fails fast, so that requests do too, and that reconnects automatically.

@param onFault Called with the reason why there is no connection. Without a listener, ioredis would print it.
*/
export const openRedis = async (address: RedisAddress, onFault: (error: Error) => void): Promise<Redis | Cluster> => {
	const library = await load('ioredis', () => import('ioredis'));
	if (address.kind === 'cluster') return openCluster(library, address, onFault);
	const client = address.kind === 'server' ? openServer(library, address) : openSentinel(library, address);
	return client.on('error', onFault);
};

const deadlines = ({connectTimeout, commandTimeout}: RedisLimits) =>
	({connectTimeout, commandTimeout, socketTimeout: commandTimeout}) satisfies RedisOptions;

const retryStrategy = (attempt: number): number => Math.min(50 * attempt, 250);

const reconnecting = {
	// A server that is gone: a request waits for two attempts to reach it, and fails.
	maxRetriesPerRequest: 1,
	retryStrategy,
	// A server that failed over may still be there, but read-only.
	reconnectOnError: error => error.message.includes('READONLY'),
	// What requests ask at the same moment goes in one packet. Not in a cluster: ioredis before 5.11 took a script for a key.
	enableAutoPipelining: true,
} satisfies RedisOptions;

const openServer = ({Redis}: Library, {url, limits}: AddressOf<'server'>): Redis =>
	new Redis(url, {...reconnecting, ...deadlines(limits)});

const openSentinel = ({Redis}: Library, {nodes, login, name, database, limits}: AddressOf<'sentinel'>): Redis =>
	new Redis({
		...reconnecting,
		...deadlines(limits),
		...login,
		sentinels: [...nodes],
		name,
		db: database,
		// Else the client would give up for good, were all sentinels away at once.
		sentinelRetryStrategy: retryStrategy,
	});

const openCluster = async (
	{Cluster}: Library,
	{nodes, login, isEncrypted, limits}: AddressOf<'cluster'>,
	onFault: (error: Error) => void,
): Promise<Cluster> => {
	const client = new Cluster([...nodes], {
		lazyConnect: true,
		// A request to an unavailable cluster fails immediately. In the queue, it would wait until the cluster is back.
		enableOfflineQueue: false,
		clusterRetryStrategy: retryStrategy,
		redisOptions: {...deadlines(limits), ...login, ...(isEncrypted && {tls: {}})},
		// Certificates are for names, which ioredis would resolve first.
		...(isEncrypted && {dnsLookup: (name, found) => found(null, name)}),
	});
	// The error of the last node says more than that no node answered.
	client.on('error', (error: Error & {lastNodeError?: Error}) => onFault(error.lastNodeError ?? error));
	// Without a queue, the first request has to wait here. If the cluster is unavailable, its own command fails.
	await client.connect().catch(() => {});
	return client;
};
