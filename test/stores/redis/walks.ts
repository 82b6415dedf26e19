import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import {createClient, createClientPool, createSentinel} from 'redis';
import {limit} from '../../../source/stores/filesystem/limit.ts';
import {RedisStore} from '../../../source/stores/redis.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {create, record} from '../../helpers/stores/records.ts';
import {connect, openStore, privateRedis} from '../../helpers/stores/redis.ts';
import {startRedisSentinel} from '../../services/redis.ts';

// A cursor counts in one process of the server only: another one has its keys in another order.

/** More than a few pages of each walk. */
const many = Array.from({length: 3000}, (_, place) => `key ${place}`);
const some = many.slice(0, 600);

/** All at once they would take longer, on a busy machine, than a command may. */
const inTurn = limit(50);

const fill = async (store: RedisStore): Promise<void> => {
	const add = (key: string, place: number) =>
		create(store, key, {...record(), ...(place < some.length && {subject: 'ann'})});
	await Promise.all(many.map((key, place) => inTurn(() => add(key, place))));
};

/** The keys of a walk, after whose first page something happens. */
const keysAcross = async (
	walk: AsyncIterable<readonly string[]>,
	interrupt: () => Promise<unknown>,
): Promise<string[]> => {
	const keys: string[] = [];
	let isFirst = true;
	for await (const page of walk) {
		keys.push(...page);
		if (isFirst) await interrupt();
		isFirst = false;
	}
	return keys;
};

/** That of a subject gives everything once. That of all keys, which can't begin again without giving keys twice, fails. */
const noneMisses = async (t: ExecutionContext, store: RedisStore, interrupt: () => Promise<unknown>): Promise<void> => {
	await t.throwsAsync(keysAcross(store.keys('key '), interrupt), {code: 'ERR_SESSION_STORE'});
	t.deepEqual((await keysAcross(store.bySubject('ann'), interrupt)).toSorted(), some.toSorted());
};

test('no walk leaves anything out in silence, though the server restarts between two pages', async t => {
	const server = await privateRedis(t, {appendonly: 'yes', appendfsync: 'always'});
	const {url} = server;
	await fill(openStore(t, url));
	const lent = connect(t, url);
	const socket = {reconnectStrategy: 10};
	const [single, pool] = [createClient({url, socket}), createClientPool({url, socket})];
	t.teardown(() => [single, pool].map(client => client.destroy()));
	for (const client of [lent, single, pool]) client.on('error', () => {});
	await Promise.all([single.connect(), pool.connect()]);
	for (const client of [lent, single, pool]) {
		const store = new RedisStore(client);
		await noneMisses(t, store, async () => {
			await server.restart();
			await eventually(() => store.read('nothing'));
		});
	}
});

test('no walk leaves anything out in silence, though a page is asked for again, on another server', async t => {
	const servers = [await privateRedis(t), await privateRedis(t)] as const;
	for (const {url} of servers) await fill(openStore(t, url));
	const [one, other] = servers;
	const proxy = await startProxy(one.port);
	t.teardown(() => proxy.close());
	const next = [other.port, one.port];
	await noneMisses(t, new RedisStore(connect(t, `redis://127.0.0.1:${proxy.port}`)), async () => {
		proxy.redirect(next.shift() ?? 0);
		proxy.loseNextReply();
	});
	t.is(proxy.lost, 2);
});

test('no walk leaves anything out in silence, though sentinels replace the master between two pages', async t => {
	const {sentinel, stop} = await startRedisSentinel();
	t.teardown(stop);
	const client = createSentinel({name: 'mymaster', sentinelRootNodes: [{host: '127.0.0.1', port: sentinel.port}]});
	t.teardown(() => client.destroy());
	const store = new RedisStore(await client.connect());
	await fill(store);
	const operator = connect(t, `redis://127.0.0.1:${sentinel.port}`);
	await noneMisses(t, store, async () => {
		const before = client.getMasterNode()?.port;
		await eventually(() => operator.call('SENTINEL', 'FAILOVER', 'mymaster'));
		await eventually(async () => {
			await operator.ping();
			const {port} = client.getMasterNode() ?? {};
			assert.ok(port !== undefined && port !== before);
		});
	});
});

test('a walk over all keys begins again as long as it has given nothing', async t => {
	const {url, port} = await privateRedis(t);
	await fill(openStore(t, url));
	const proxy = await startProxy(port);
	t.teardown(() => proxy.close());
	const store = new RedisStore(connect(t, `redis://127.0.0.1:${proxy.port}`));
	await store.read('nothing');
	proxy.loseNextReply();
	const keys = await keysAcross(store.keys('key '), async () => {});
	t.is(proxy.lost, 1);
	t.deepEqual(keys.toSorted(), many.toSorted());
});
