import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import {expectTypeOf} from 'expect-type';
import {createClient, createClientPool, createCluster, createSentinel} from 'redis';
import {SessionError} from '../../../source/errors.ts';
import {type RedisClient, RedisStore} from '../../../source/stores/redis.ts';
import {startLossy, survivesLostReplies} from '../../helpers/faults/lost-replies.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {stopwatch} from '../../helpers/order/stopwatch.ts';
import {conforms} from '../../helpers/stores/conforms.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, record, update} from '../../helpers/stores/records.ts';
import {connect, openStore, privateRedis} from '../../helpers/stores/redis.ts';
import {startRedis, startRedisCluster, startRedisSentinel} from '../../services/redis.ts';

const traits = {keeps: true, compareAndSwap: true, bySubject: true, keys: true};

const single = startRedis();
const cluster = startRedisCluster();
const sentinels = startRedisSentinel();
const keyPrefix = 'application:';

/** A client of each kind, and the servers to flush before each case. Connecting takes longer than most cases. */
const clients = {
	'': async () => {
		const {url, port} = await single;
		return {client: await createClient({url, keyPrefix}).connect(), ports: [port]};
	},
	'pool: ': async () => {
		const {url, port} = await single;
		const client = createClientPool({url, keyPrefix}, {maximum: 4});
		await client.connect();
		return {client, ports: [port]};
	},
	'cluster: ': async () => {
		const {ports} = await cluster;
		const rootNodes = ports.map(port => ({url: `redis://127.0.0.1:${port}`}));
		return {client: await createCluster({rootNodes, keyPrefix, useReplicas: true}).connect(), ports};
	},
	'sentinels: ': async () => {
		const {master, sentinel} = await sentinels;
		const sentinelRootNodes = [{host: '127.0.0.1', port: sentinel.port}];
		const client = createSentinel({name: 'mymaster', sentinelRootNodes, keyPrefix, replicaPoolSize: 1});
		return {client: await client.connect(), ports: [master.port]};
	},
};

const opened = Object.entries(clients).map(([prefix, open]) => [prefix, open()] as const);
for (const [prefix, each] of opened) {
	const open = async (t: ExecutionContext) => {
		const {client, ports} = await each;
		await Promise.all(ports.map(port => connect(t, `redis://127.0.0.1:${port}`).flushall()));
		return new RedisStore(client);
	};
	conforms(open, traits, {prefix});
}

test.after.always(async () => {
	for (const [, each] of opened) await (await each).client.destroy();
	await Promise.all([single, cluster, sentinels].map(async server => (await server).stop()));
});

test('clients of node-redis fit', t => {
	expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisClient>();
	expectTypeOf<ReturnType<typeof createClientPool>>().toExtend<RedisClient>();
	expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisClient>();
	expectTypeOf<ReturnType<typeof createSentinel>>().toExtend<RedisClient>();
	t.pass();
});

test('a client that was not connected, or was closed, fails each call with what to do', async t => {
	const {url} = await single;
	const {port} = (await sentinels).sentinel;
	const all = [
		createClient({url}),
		createClientPool({url}),
		createCluster({rootNodes: [{url}]}),
		createSentinel({name: 'mymaster', sentinelRootNodes: [{host: '127.0.0.1', port}]}),
	];
	const expected = {instanceOf: SessionError, message: /is not connected.*`await client\.connect\(\)`/};
	for (const client of all) {
		const store = new RedisStore(client);
		await t.throwsAsync(store.read('key'), expected);
		await t.throwsAsync(store.create('key', record()), expected);
		await t.throwsAsync(keysOf(store.keys('session:')), expected);
	}

	const [client] = all;
	await client?.connect();
	const store = new RedisStore(client as RedisClient);
	t.is(await store.read('key'), undefined);
	await client?.destroy();
	await t.throwsAsync(store.read('key'), expected);
});

test('an application’s client survives its server: calls fail with the reason, and work again afterwards', async t => {
	const server = await privateRedis(t, {appendonly: 'yes', appendfsync: 'always'});
	// Without a listener for its `error` event: the store keeps the fault from ending the process.
	const client = createClient({url: server.url, socket: {reconnectStrategy: 50}});
	t.teardown(() => client.destroy());
	const store = new RedisStore(await client.connect());
	t.is(client.listenerCount('error'), 1);
	t.truthy(new RedisStore(client));
	t.is(client.listenerCount('error'), 1, 'one for all stores');

	const version = await create(store, 'key', record());
	await server.kill();
	const elapsed = stopwatch(t);
	await t.throwsAsync(store.read('key'), {code: 'ECONNREFUSED'});
	// Another key: when the server is back, the client sends what it held, so nobody knows what becomes of a call that failed.
	await t.throwsAsync(store.delete('other'), {code: 'ECONNREFUSED'});
	t.true(elapsed() < 10_000, 'a client of node-redis would hold them until the server is back');

	await server.restart();
	t.is((await eventually(() => store.read('key')))?.version, version);
});

test('a write whose reply was lost counts as that write when it is sent again', async t => {
	const server = await privateRedis(t);
	const {proxy, lossy} = await startLossy(t, server.port);
	const client = createClient({url: `redis://127.0.0.1:${proxy.port}`, socket: {reconnectStrategy: 10}});
	t.teardown(() => client.destroy());
	const store = new RedisStore(await client.connect());

	const warm = await create(store, 'warm', record());
	const next = await update(store, 'warm', record(), warm);
	await store.touch('warm', record().expiresAt, next);
	await store.delete('warm');
	await survivesLostReplies(t, store, lossy, 'key', openStore(t, server.url));
});

/** Increments a number until enough increments were acknowledged; replies with the last one. */
const count = async (store: RedisStore, times: number): Promise<number> => {
	let last = 0;
	for (let done = 0; done < times; ) {
		const stored = await eventually(() => store.read('counter'));
		assert.ok(stored);
		const number = Number(Buffer.from(stored.bytes)) + 1;
		const next = {...record(String(number)), expiresAt: stored.expiresAt};
		const result = await store.update('counter', next, stored.version).catch(() => undefined);
		if (typeof result !== 'object') continue;
		assert.ok(number > last, 'no version was replaced twice');
		last = number;
		done++;
	}
	return last;
};

test('sentinels replace a master, and an application’s client goes on with what its replica had', async t => {
	const {master, replica, sentinel, stop} = await startRedisSentinel();
	t.teardown(stop);
	const client = createSentinel({
		name: 'mymaster',
		sentinelRootNodes: [{host: '127.0.0.1', port: sentinel.port}],
		scanInterval: 500,
	});
	t.teardown(() => client.destroy());
	const store = new RedisStore(await client.connect());
	await create(store, 'counter', record('0'));
	const before = await count(store, 50);
	t.is(await connect(t, `redis://127.0.0.1:${master.port}`).wait(1, 5000), 1);
	await master.kill();
	await t.throwsAsync(store.read('counter'), {code: 'ECONNREFUSED'}, 'a call waits for no failover');
	const after = await count(store, 50);
	t.true(after >= before + 50, `${before} before and ${after} after`);
	t.is(await connect(t, `redis://127.0.0.1:${replica.port}`).exists('counter'), 1);
});
