import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {Cluster, Redis} from 'ioredis';
import {Cluster as OlderCluster} from 'ioredis-5.3';
import {Cluster as ValkeyCluster} from 'iovalkey';
import {createCluster} from 'redis';
import {createCluster as createOlderCluster} from 'redis-5';
import {RedisStore} from '../../../source/stores/redis.ts';
import {startLossy, survivesLostReplies} from '../../helpers/faults/lost-replies.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, record, update} from '../../helpers/stores/records.ts';
import {connect, openStore} from '../../helpers/stores/redis.ts';
import {startRedis, startRedisCluster} from '../../services/redis.ts';
import type {Server} from '../../services/server.ts';

// What a client knows about its cluster isn't always so. These tests change one cluster, one after the other.

const started = startRedisCluster({replicas: 1});

/** A master that comes later. */
const late: Server[] = [];

const host = '127.0.0.1';
const urlOf = async (): Promise<string> => `redis+cluster://${host}:${(await started).ports[0]}`;
const rootOf = async () => ({host, port: (await started).ports[0] ?? 0});

/** Some on each master. */
const keys = Array.from({length: 60}, (_, place) => `session:${place}`).toSorted();

const operators: Promise<readonly Redis[]> = started.then(({ports}) =>
	ports.map(port => new Redis({host, port, retryStrategy: () => null}).on('error', () => {})),
);

const findMasters = async (): Promise<Redis[]> => {
	const nodes = await operators;
	const roles = await Promise.all(nodes.map(node => node.role()));
	return nodes.filter((_, place) => roles[place]?.[0] === 'master');
};

test.before('some keys on each master, and on its replica', async t => {
	const store = new RedisStore(await urlOf());
	await Promise.all(keys.map(key => create(store, key, record())));
	await store.close();
	for (const master of await findMasters()) t.is(await master.wait(1, 10_000), 1);
});

test.after.always(async () => {
	for (const operator of await operators) operator.disconnect();
	await Promise.all([...late, await started].map(server => server.stop()));
});

/** The master that has a key. */
const ownerOf = async (masters: readonly Redis[], key: string): Promise<Redis> => {
	const [first] = masters;
	assert.ok(first);
	const slot = await first.cluster('KEYSLOT', key);
	const range = (await first.cluster('SLOTS')).find(([from, to]) => Number(from) <= slot && slot <= Number(to));
	const owner = masters.find(({options}) => options.port === Number(range?.[2]?.[1]));
	assert.ok(owner);
	return owner;
};

/** The keys of a walk. One may come twice. */
const found = async (store: RedisStore): Promise<string[]> =>
	[...new Set(await keysOf(store.keys('session:')))].toSorted();

const openCluster = {
	ioredis: (root: {host: string; port: number}) => new Cluster([root]),
	'ioredis 5.3': (root: {host: string; port: number}) => new OlderCluster([root]),
	iovalkey: (root: {host: string; port: number}) => new ValkeyCluster([root]),
};

for (const [name, open] of Object.entries(openCluster)) {
	test.serial(`a walk that comes first waits until its client knows the cluster: ${name}`, async t => {
		const client = open(await rootOf());
		t.teardown(() => client.disconnect());
		t.deepEqual(await found(new RedisStore(client)), keys);
	});
}

/** A store for each library, whose client knows the cluster and has used each master. */
const openStores = async (t: ExecutionContext) => {
	const root = await rootOf();
	const ioredis = new Cluster([root]);
	t.teardown(() => ioredis.disconnect());
	const nodeRedis = createCluster({rootNodes: [{socket: root}]});
	const older = createOlderCluster({rootNodes: [{socket: root}]});
	for (const client of [nodeRedis, older]) {
		client.on('error', () => {});
		t.teardown(() => client.destroy());
		await client.connect();
	}
	const clients = {ioredis, redis: nodeRedis, 'redis 5': older};
	const stores = Object.entries(clients).map(([name, client]) => ({name, store: new RedisStore(client)}));
	for (const {store} of stores) await Promise.all(keys.map(key => store.read(key)));
	return {ioredis, stores};
};

test.serial('a write that the client of a server sends again counts as that write', async t => {
	const masters = await findMasters();
	const owner = await ownerOf(masters, 'own');
	const {port = 0} = owner.options;
	const {proxy, lossy} = await startLossy(t, port);
	const client = new Cluster([await rootOf()], {
		natMap: {[`${host}:${port}`]: {host, port: proxy.port}},
		clusterNodeRetryStrategy: () => 10,
	});
	t.teardown(() => client.disconnect());
	const store = new RedisStore(client);
	t.deepEqual(await found(store), keys, 'by way of the map');

	// Each script first on another key of the same server, so that the reply that gets lost is not that to an unknown one.
	const warm = await create(store, '{own}', record());
	await store.touch('{own}', record().expiresAt, await update(store, '{own}', record(), warm));
	await store.delete('{own}');
	await survivesLostReplies(t, store, lossy, 'own', openStore(t, await urlOf()));
});

test.serial('an expiry that can not move in the index of a subject moves in no record', async t => {
	const {stores} = await openStores(t);
	const operator = new Cluster([await rootOf()]);
	t.teardown(() => operator.disconnect());
	for (const {name, store} of stores) {
		const anns = {...record(), subject: `ann of ${name}`};
		const later = anns.expiresAt + 60_000;
		const version = await create(store, name, anns);
		const index = `koa-server-session:subject:${createHash('sha256').update(anns.subject).digest('base64url')}`;
		await eventually(async () => assert.equal(Number(await operator.zscore(index, name)), anns.expiresAt));
		await operator.set(index, 'no sorted set');

		await t.throwsAsync(store.touch(name, later, version), {message: /^WRONGTYPE/});
		await t.throwsAsync(store.update(name, {...anns, expiresAt: later}, version), {message: /^WRONGTYPE/});
		t.like(await store.read(name), {version, expiresAt: anns.expiresAt}, name);
	}
});

test.serial('a walk finds the keys of a master that has just got them', async t => {
	const {stores} = await openStores(t);
	const settings = {'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'cluster-announce-ip': host};
	const server = await startRedis(settings);
	late.push(server);
	const masters = await findMasters();
	const to = connect(t, server.url);
	const [key = ''] = keys;
	const from = await ownerOf(masters, key);
	const [id, fromId] = await Promise.all([to, from].map(node => node.cluster('MYID')));
	await to.cluster('MEET', host, from.options.port ?? 0);
	await eventually(async () => {
		assert.match(String(await to.cluster('INFO')), /cluster_state:ok/);
		for (const node of masters) assert.match(String(await node.cluster('NODES')), new RegExp(String(id)));
	});
	const slot = await to.cluster('KEYSLOT', key);
	await to.cluster('SETSLOT', slot, 'IMPORTING', fromId ?? '');
	await from.cluster('SETSLOT', slot, 'MIGRATING', id ?? '');
	await from.migrate(host, server.port, key, 0, 5000);
	for (const node of [to, from, ...masters]) await node.cluster('SETSLOT', slot, 'NODE', id ?? '');
	t.is(await to.dbsize(), 1);
	for (const {name, store} of stores) t.deepEqual(await found(store), keys, name);
});

test.serial('a walk leaves nothing out while a master is down, nor when its replica has taken over', async t => {
	const {nodes} = await started;
	const {ioredis, stores} = await openStores(t);
	const masters = await findMasters();
	const key = keys.at(-1) ?? '';
	const owner = await ownerOf(masters, key);
	const replicas = (await operators).filter(node => !masters.includes(node));
	const holdFailover = (isHeld: 'yes' | 'no') =>
		Promise.all(replicas.map(node => node.config('SET', 'cluster-replica-no-failover', isHeld)));
	await holdFailover('yes');
	const dropped = once(ioredis, '-node');
	await nodes.find(({port}) => port === owner.options.port)?.kill();
	await dropped;

	const walking = stores.map(async ({name, store}) => {
		for (;;) {
			const walk = await found(store).catch(() => undefined);
			if (!walk) continue;
			t.deepEqual(walk, keys, name);
			return;
		}
	});
	const reading = stores
		.filter(({name}) => name.startsWith('redis'))
		.map(({name, store}) =>
			t.throwsAsync(store.read(key), {code: 'ECONNREFUSED'}, `${name} doesn't wait for a server`),
		);
	await Promise.all(reading).finally(() => holdFailover('no'));
	await Promise.all(walking);
});
