import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {Cluster, type Command, Redis} from 'ioredis';
import {BasicClientSideCache, createClient, createSentinel, RESP_TYPES} from 'redis';
import {type RedisClient, RedisStore} from '../../../source/stores/redis.ts';
import {conformsInShort, keepsContract} from '../../helpers/stores/conforms-in-short.ts';
import {create, record, textOf, update} from '../../helpers/stores/records.ts';
import {connect, redisUrl} from '../../helpers/stores/redis.ts';
import {startRedis, startRedisCluster, startRedisSentinel} from '../../services/redis.ts';

// A reply is checked, never guessed: what an application's client may be told must not change what the store does.

/** On a busy machine, a connection takes longer than the five seconds that node-redis gives it. */
const socket = {connectTimeout: 60_000};

const single = startRedis();
const cluster = startRedisCluster();
test.after.always(async () => {
	await Promise.all([single, cluster].map(async server => (await server).stop()));
});

const traits = {keeps: true, compareAndSwap: true, bySubject: true, keys: true};

/** A server of this file. In a long run, each case of the contract begins with none of another's keys. */
const emptyServer = async (t: ExecutionContext): Promise<string> => {
	const {url} = await single;
	if (process.env['TEST_LONG']) await connect(t, url).flushall();
	return url;
};

const ofIoRedis = {
	'numbers as texts': url => new Redis(url, {stringNumbers: true}),
	'numbers as texts, RESP 2': url => new Redis(url, {stringNumbers: true, protocol: 2}),
	'replies as RESP 3 has them': url => new Redis(url, {protocol: 3, replyMapping: 'resp3', stringNumbers: true}),
	'a key prefix': url => new Redis(url, {keyPrefix: `${randomUUID()}[*]:`}),
	'automatic pipelining': url => new Redis(url, {enableAutoPipelining: true, keyPrefix: 'a:', stringNumbers: true}),
	'another database': url => new Redis(url, {db: 1}),
	'a lazy connection': url => new Redis(url, {lazyConnect: true, db: 2}),
	'no queue': url => new Redis(url, {enableOfflineQueue: false}),
	'no ready check': url => new Redis(url, {enableReadyCheck: false, showFriendlyErrorStack: true}),
} satisfies Record<string, (url: string) => RedisClient>;

for (const [title, open] of Object.entries(ofIoRedis)) {
	const openStore = async (t: ExecutionContext) => {
		const client = open(await emptyServer(t));
		t.teardown(() => client.disconnect());
		if (title === 'no queue') await once(client, 'ready');
		return new RedisStore(client);
	};
	conformsInShort(`ioredis: ${title}`, openStore, traits);
}

test('ioredis: a cluster’s client that may read from replicas', async t => {
	const nodes = (await cluster).ports.map(port => ({host: '127.0.0.1', port}));
	const scaled: string[] = [];
	const client = new Cluster(nodes, {
		keyPrefix: `${randomUUID()}:`,
		redisOptions: {stringNumbers: true},
		scaleReads(nodes: Redis[], {name}: Command) {
			scaled.push(name);
			return nodes;
		},
	});
	t.teardown(() => client.disconnect());
	await t.notThrowsAsync(keepsContract(new RedisStore(client)));
	t.deepEqual(scaled, [], 'a replica may be late: no command may go to one');
});

const typeMapping = {
	[RESP_TYPES.BLOB_STRING]: Buffer,
	[RESP_TYPES.SIMPLE_STRING]: Buffer,
	[RESP_TYPES.NUMBER]: String,
};

const ofNodeRedis = {
	'RESP 2': url => createClient({socket, url, RESP: 2}),
	'a type mapping': url => createClient({socket, url, RESP: 3, commandOptions: {typeMapping}}),
	'a type mapping, RESP 2': url => createClient({socket, url, RESP: 2, commandOptions: {typeMapping}}),
	'a type mapping of a client derived from another one': url =>
		createClient({socket, url}).withTypeMapping(typeMapping),
	'a key prefix': url => createClient({socket, url, keyPrefix: `${randomUUID()}[*]:`}),
	'a key prefix of octets': url =>
		createClient({socket, url, keyPrefix: Buffer.from('a:'), commandOptions: {typeMapping}}),
	'another database': url => createClient({socket, url, database: 3}),
	'no queue': url => createClient({socket, url, disableOfflineQueue: true}),
	'time limits': url => createClient({socket, url, commandOptions: {timeout: 30_000, asap: true}}),
} satisfies Record<string, (url: string) => RedisClient>;

for (const [title, open] of Object.entries(ofNodeRedis)) {
	const openStore = async (t: ExecutionContext) => {
		const client = open(await emptyServer(t));
		t.teardown(() => client.destroy());
		await client.connect();
		return new RedisStore(client);
	};
	conformsInShort(`node-redis: ${title}`, openStore, traits);
}

test('node-redis: a cache in the client is not asked', async t => {
	const clientSideCache = new BasicClientSideCache({ttl: 0, maxEntries: 0, evictPolicy: 'LRU'});
	const client = createClient({socket, url: await redisUrl(), RESP: 3, clientSideCache});
	t.teardown(() => client.destroy());
	await client.connect();
	const [store, other] = [new RedisStore(client), new RedisStore(connect(t, await redisUrl()))];
	const key = randomUUID();
	const version = await create(store, key, record('old'));
	t.is(await textOf(store, key), 'old');
	await update(other, key, record('new'), version);
	t.is(await textOf(store, key), 'new');
	t.is(clientSideCache.stats().hitCount, 0);
});

test('node-redis: a client of sentinels that may read from replicas', async t => {
	const {replica, sentinel, stop} = await startRedisSentinel();
	t.teardown(stop);
	const sentinelRootNodes = [{host: '127.0.0.1', port: sentinel.port}];
	const client = createSentinel({name: 'mymaster', sentinelRootNodes, replicaPoolSize: 1});
	t.teardown(() => client.destroy());
	const store = new RedisStore(await client.connect());
	await store.read('nothing');
	replica.pause();
	t.teardown(() => replica.resume());
	await t.notThrowsAsync(keepsContract(store));
});
