import type {Cluster, Redis, RedisOptions} from 'ioredis';
import {byName, checkInstalled, notLoaded} from '../shared/client-library.ts';
import {toClusterError, toSentinelError} from './errors.ts';
import type {RedisAddress, RedisSettings} from './url.ts';

type Library = Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>;
type AddressOf<Kind> = Extract<RedisAddress, {kind: Kind}>;

/** In a `try`, so that bundlers pass over it where it isn't installed. */
const loadLibrary = async (): Promise<Library> => {
	checkInstalled('ioredis');
	try {
		return byName(await import('ioredis'), 'Redis');
	} catch (cause) {
		throw notLoaded('ioredis', cause);
	}
};

/**
Opens a client that fails fast, as a request should, and reconnects automatically.

@param onFault Is told why there is no connection. Without a listener, ioredis would print the reason.
*/
export const openRedis = async (address: RedisAddress, onFault: (error: Error) => void): Promise<Redis | Cluster> => {
	const library = await loadLibrary();
	if (address.kind === 'cluster') return openCluster(library, address, onFault);
	const client = address.kind === 'server' ? openServer(library, address) : openSentinel(library, address);
	let refusal: Error | undefined;
	// The reason of each sentinel, which the error that there was none lacks.
	client.on('sentinelError', error => {
		refusal = error;
	});
	return client.on('error', (error: Error & {command?: {name?: string}}) => {
		onFault(refusal ? toSentinelError(error, refusal) : error);
		// The library would go on in database 0.
		if (error.command?.name === 'select') client.disconnect(true);
	});
};

/** After this long without traffic the system probes a connection, in milliseconds, so that no firewall takes it for dead. */
const probeAfter = 30_000;

const common = ({keyPrefix = '', commandTimeout, ...settings}: RedisSettings) =>
	({
		...settings,
		commandTimeout,
		keepAlive: probeAfter,
		socketTimeout: commandTimeout,
		// On a dead connection, nobody answers a good-bye.
		disconnectTimeout: 100,
		keyPrefix,
	}) satisfies RedisOptions;

const retryStrategy = (attempt: number): number => Math.min(50 * attempt, 250);

const reconnecting = {
	// If the server has gone away, a request waits for two attempts to reach it and then fails.
	maxRetriesPerRequest: 1,
	retryStrategy,
	// After a failover the old server may still be there, but read-only.
	reconnectOnError: error => error.message.includes('READONLY'),
	// Commands of the same moment go in one packet. Not in a cluster: ioredis before 5.11 took the hash of a script for a key.
	enableAutoPipelining: true,
} satisfies RedisOptions;

const openServer = (
	{Redis}: Library,
	{host, port, login, database, isEncrypted, settings}: AddressOf<'server'>,
): Redis =>
	new Redis({
		...reconnecting,
		...common(settings),
		...login,
		host,
		port,
		db: database,
		...(isEncrypted && {tls: {}}),
	});

const openSentinel = (
	{Redis}: Library,
	{nodes, login, sentinelLogin, name, database, settings}: AddressOf<'sentinel'>,
): Redis =>
	new Redis({
		...reconnecting,
		...common(settings),
		...login,
		...sentinelLogin,
		sentinels: [...nodes],
		name,
		db: database,
		// Otherwise the client would give up forever once all sentinels are unavailable at the same time.
		sentinelRetryStrategy: retryStrategy,
	});

const openCluster = async (
	{Cluster}: Library,
	{nodes, login, isEncrypted, settings}: AddressOf<'cluster'>,
	onFault: (error: Error) => void,
): Promise<Cluster> => {
	// A cluster's client puts the prefix before keys, and the clients of its nodes would do so again.
	const {keyPrefix: _, ...redisOptions} = common(settings);
	const client = new Cluster([...nodes], {
		lazyConnect: true,
		// A request to an unavailable cluster fails at once. In the queue it would wait until the cluster is back.
		enableOfflineQueue: false,
		clusterRetryStrategy: retryStrategy,
		keyPrefix: settings.keyPrefix ?? '',
		redisOptions: {...redisOptions, ...login, ...(isEncrypted && {tls: {}})},
		// Certificates are issued for names, which ioredis would resolve to addresses first.
		...(isEncrypted && {dnsLookup: (name, found) => found(null, name)}),
	});
	client.on('error', (error: Error & {lastNodeError?: Error}) => onFault(toClusterError(error.lastNodeError ?? error)));
	// Without a queue, the first request must wait here. If the cluster is unavailable, its command fails.
	await client.connect().catch(() => {});
	return client;
};
