import assert from 'node:assert/strict';
import {createHash, randomUUID} from 'node:crypto';
import test from 'ava';
import {expectTypeOf} from 'expect-type';
import {Cluster, type Redis} from 'ioredis';
import {toVersion} from '../../source/store.ts';
import {writeHeadLength} from '../../source/stores/redis/record-scripts.ts';
import {type RedisClient, RedisStore} from '../../source/stores/redis.ts';
import {encodeFrame} from '../../source/stores/shared/frame.ts';
import {eventually} from '../helpers/order/eventually.ts';
import {conforms} from '../helpers/stores/conforms.ts';
import {keysOf} from '../helpers/stores/keys-of.ts';
import {create, noVersion, record, update} from '../helpers/stores/records.ts';
import {connect, openStore, privateRedis, redisUrl} from '../helpers/stores/redis.ts';
import {startRedis, startRedisCluster} from '../services/redis.ts';

const traits = {keeps: true, compareAndSwap: true, bySubject: true, keys: true};
const closing = {...traits, closes: true};

// Time stands still but for the cases' own steps, so Redis still has the keys of records that ended: it is us who
// must see that. That it does remove them is another test's.
conforms(async t => new RedisStore(connect(t, await redisUrl(), `${randomUUID()}:`)), traits);

const databases = startRedis({databases: '100'});
let database = 0;
conforms(async () => new RedisStore(`${(await databases).url}/${database++}`), closing, {prefix: 'own client: '});

const cluster = startRedisCluster();
conforms(
	async t => {
		const nodes = (await cluster).ports.map(port => ({host: '127.0.0.1', port}));
		const client = new Cluster(nodes, {keyPrefix: `${randomUUID()}:`, enableAutoPipelining: true});
		t.teardown(() => client.disconnect());
		return new RedisStore(client);
	},
	traits,
	{prefix: 'cluster: '},
);

conforms(
	async t => {
		const {ports} = await cluster;
		await Promise.all(ports.map(port => connect(t, `redis://127.0.0.1:${port}`).flushall()));
		return new RedisStore(`redis+cluster://${ports.map(port => `127.0.0.1:${port}`).join(',')}`);
	},
	closing,
	{prefix: 'own client of a cluster: '},
);

test.after.always(async () => {
	await (await databases).stop();
	await (await cluster).stop();
});

test('clients of ioredis fit, and nothing else does', t => {
	expectTypeOf<Redis>().toExtend<RedisClient>();
	expectTypeOf<Cluster>().toExtend<RedisClient>();
	expectTypeOf<URL>().not.toExtend<RedisClient>();
	expectTypeOf<Map<string, string>>().not.toExtend<RedisClient>();
	const construct = (client: unknown) => () => Reflect.construct(RedisStore, [client]);
	const expected =
		/^Expected the client of `RedisStore` to be one of ioredis 5\.3 or newer, of iovalkey, or of `redis` 5 or newer/;
	for (const client of [null, 1, {}, new Map(), new URL('redis://127.0.0.1'), () => {}]) {
		t.throws(construct(client), {instanceOf: TypeError, message: expected});
	}
	// What clients of `redis` 3 and 4, and of other libraries have.
	const other = {get: () => {}, set: () => {}, del: () => {}, sendCommand: () => {}, eval: () => {}};
	t.throws(construct(other), {instanceOf: TypeError, message: /got one of another version or library$/});
});

test('Redis removes a record on its own when it ends, and not before', async t => {
	const client = connect(t, await redisUrl());
	const store = new RedisStore(client);
	const key = randomUUID();
	const endsIn = async (milliseconds: number) => {
		const left = await client.pttl(key);
		t.true(milliseconds - 5000 < left && left <= milliseconds, `${left}`);
	};
	const of = (milliseconds: number) => ({...record(), expiresAt: Date.now() + milliseconds});

	const version = await create(store, key, of(60_000));
	await endsIn(60_000);
	const next = await update(store, key, of(30_000), version);
	await endsIn(30_000);
	await store.touch(key, Date.now() + 90_000, next);
	await endsIn(90_000);
	await store.touch(key, Date.now() + 10_000, next);
	await endsIn(10_000);
	await store.touch(key, Number.MAX_SAFE_INTEGER, next);
	t.true((await client.pttl(key)) > 1e12);
	await store.touch(key, Number.POSITIVE_INFINITY, next);
	t.is((await store.read(key))?.expiresAt, Number.POSITIVE_INFINITY);
	await store.touch(key, Date.now(), next);
	t.is(await client.exists(key), 0);
});

const indexOf = (subject: string): string =>
	`koa-server-session:subject:${createHash('sha256').update(subject).digest('base64url')}`;

test('every operation is one command, and more only for the index of subjects', async t => {
	const {url} = await privateRedis(t);
	const client = connect(t, url);
	const store = new RedisStore(client);
	const warm = await create(store, 'warm', {...record(), subject: 'ann'});
	const cold = await update(store, 'warm', record(), warm);
	await store.touch('warm', record().expiresAt, cold);
	await store.delete('warm');
	await create(store, 'warm', {...record(), subject: 'ann'});
	await store.delete('warm');
	await eventually(async () => assert.equal(await client.exists(indexOf('ann')), 0));
	// Until all scripts are there: those that nothing waits for are sent again when the server doesn't know them.
	for (let round = 0; round < 3; round++) await client.ping();

	const monitor = await connect(t, url).monitor();
	t.teardown(() => monitor.disconnect());
	const commands: string[] = [];
	const echoes = new Map<string, () => void>();
	monitor.on('monitor', (_time: string, [name = '', argument = '']: string[], source: string) => {
		if (name === 'echo') echoes.get(argument)?.();
		else if (source !== 'lua' && name !== 'exists') commands.push(name);
	});

	/** What a call sends, up to an echo that the monitor sees after it. */
	const sentBy = async <Result>(call: () => Promise<Result>): Promise<readonly [string, Result]> => {
		commands.length = 0;
		const result = await call();
		const mark = randomUUID();
		const seen = new Promise<void>(resolve => void echoes.set(mark, resolve));
		await client.echo(mark);
		await seen;
		return [commands.join(' '), result];
	};

	const [created, first] = await sentBy(() => create(store, 'key', record()));
	const [updated, second] = await sentBy(() => update(store, 'key', record(), first));
	const [touched] = await sentBy(() => store.touch('key', record().expiresAt, second));
	const [named, third] = await sentBy(() => update(store, 'key', {...record(), subject: 'ann'}, second));
	const [lost] = await sentBy(() => store.update('key', record(), first));
	const [missed] = await sentBy(() => store.read('nothing'));
	const [found] = await sentBy(() => store.read('key'));
	const [unnamed] = await sentBy(async () => {
		await store.update('key', record(), third);
		// Nothing waits for the record to leave the index.
		await eventually(async () => assert.equal(await client.exists(indexOf('ann')), 0));
	});
	const [entered, again] = await sentBy(() => create(store, 'again', {...record(), subject: 'ann'}));
	const [kept, renewed] = await sentBy(() => update(store, 'again', {...record(), subject: 'ann'}, again));
	const [extended] = await sentBy(() => store.touch('again', record().expiresAt, renewed));
	const [deleted] = await sentBy(() => store.delete('key'));
	const [left] = await sentBy(() => store.delete('again', renewed));
	t.deepEqual(
		{created, updated, touched, named, lost, missed, found, unnamed, entered, kept, extended, deleted, left},
		{
			created: 'evalsha',
			updated: 'evalsha',
			touched: 'evalsha',
			named: 'evalsha evalsha evalsha',
			lost: 'evalsha',
			missed: 'get',
			found: 'get',
			unnamed: 'evalsha evalsha evalsha evalsha',
			entered: 'evalsha evalsha evalsha',
			kept: 'evalsha evalsha',
			extended: 'evalsha evalsha',
			deleted: 'evalsha',
			left: 'evalsha evalsha',
		},
	);
});

test('a server that forgot its scripts is told them again', async t => {
	const {url} = await privateRedis(t);
	const client = connect(t, url);
	const store = new RedisStore(client);
	const forget = () => client.script('FLUSH');

	const version = await create(store, 'key', {...record(), subject: 'ann'});
	await forget();
	const next = await update(store, 'key', {...record('new'), subject: 'ann'}, version);
	await forget();
	t.true(await store.touch('key', record().expiresAt, next));
	await forget();
	t.is(await store.update('key', record(), version), 'conflict');
	await forget();
	t.deepEqual(await keysOf(store.bySubject('ann')), ['key']);
	t.is((await store.read('key'))?.version, next);
});

test('a value that is no record counts as none', async t => {
	const client = connect(t, await redisUrl());
	const store = new RedisStore(client);
	for (const value of ['', 'short', '\xff'.repeat(9), JSON.stringify({views: 1})]) {
		const key = randomUUID();
		await client.set(key, Buffer.from(value, 'latin1'));
		t.is(await store.read(key), undefined);
		t.is(await store.update(key, record(), noVersion), 'missing');
		t.false(await store.touch(key, record().expiresAt, noVersion));
		t.false(await store.delete(key));
		const version = await create(store, key, record());
		t.is((await store.read(key))?.version, version);
	}
});

test('a version that the store never made replaces nothing', async t => {
	const store = openStore(t, await redisUrl());
	const key = randomUUID();
	await create(store, key, record());
	for (const version of ['', '1', 'x'.repeat(100)].map(toVersion)) {
		t.is(await store.update(key, record(), version), 'conflict');
		t.is(await store.update(randomUUID(), record(), version), 'missing');
		t.false(await store.touch(key, record().expiresAt, version));
		t.false(await store.delete(key, version));
	}
});

test('a version of another store fits no record, and leaves nothing behind', async t => {
	const client = connect(t, (await privateRedis(t)).url);
	const store = new RedisStore(client);
	await create(store, 'key', record());
	for (const foreign of [toVersion(''), noVersion]) {
		t.false(await store.touch('key', Date.now() + 1000, foreign));
		t.is(await store.update('key', record(), foreign), 'conflict');
		t.false(await store.delete('key', foreign));
	}
	t.deepEqual(await client.keys('*'), ['key']);
});

test('a record of `maxBytes` with the longest subject fits into one argument of Redis', t => {
	const store = new RedisStore();
	const longest = {bytes: Buffer.alloc(0), expiresAt: 0, subject: 'x'.repeat(65_534)};
	const {length} = encodeFrame(longest, toVersion('AAAAAAAAAAA'), writeHeadLength);
	t.is(store.maxBytes + length, 2 ** 29);
});
