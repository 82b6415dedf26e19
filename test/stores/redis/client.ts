import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import {inspect} from 'node:util';
import test from 'ava';
import {Redis} from 'ioredis';
import {session} from '../../../source/middleware.ts';
import {RedisStore} from '../../../source/stores/redis.ts';
import {startLossy, survivesLostReplies} from '../../helpers/faults/lost-replies.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {testKeys} from '../../helpers/http/app.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {stopwatch} from '../../helpers/order/stopwatch.ts';
import {endsByItself} from '../../helpers/processes/ends-by-itself.ts';
import {create, noVersion, record, update} from '../../helpers/stores/records.ts';
import {connect, openStore, privateRedis, redisUrl} from '../../helpers/stores/redis.ts';
import type {Settings} from '../../services/server.ts';

test('a server that hangs fails a call within the time that the URL says', async t => {
	const server = await privateRedis(t);
	const store = openStore(t, `${server.url}?commandTimeout=300&connectTimeout=30000`);
	await eventually(() => store.read('key'));
	server.pause();
	await t.throwsAsync(store.read('key'), {message: /timed out|timeout/i});
	server.resume();
	t.is(await eventually(() => store.read('key')), undefined);
});

test('the store opens its own client on first use, and closes it', async t => {
	const {url} = await privateRedis(t);
	const other = connect(t, url);
	const store = new RedisStore(url);
	const clients = async () => Number(/connected_clients:(\d+)/.exec(await other.info('clients'))?.[1]);
	t.is(await clients(), 1, 'opened on first use');

	await store.create('key', record());
	t.is(await clients(), 2);
	await store.close();
	t.is(await clients(), 1);
});

test('the store listens to no error of a client of the application', async t => {
	const client = connect(t, await redisUrl());
	await new RedisStore(client).read('nothing');
	t.is(client.listenerCount('error'), 0);
});

test('many stores on one client listen to it once', async t => {
	const client = new Redis(await redisUrl(), {db: 1});
	t.teardown(() => client.disconnect());
	const listeners = () => client.eventNames().map(name => [name, client.listenerCount(name)]);
	await new RedisStore(client).read('nothing');
	const before = listeners();
	for (let stores = 0; stores < 12; stores++) await new RedisStore(client).read('nothing');
	t.deepEqual(listeners(), before);
});

test('a process ends on its own: with a store never used, one closed, and one whose client was closed', async t => {
	await endsByItself(
		t,
		`import {Redis} from 'ioredis';
		import {RedisStore} from './source/stores/redis.ts';
		const [, url] = process.argv;
		new RedisStore(url);
		const closed = new RedisStore(url);
		await closed.read('nothing');
		await closed.close();
		const client = new Redis(url);
		const borrowing = new RedisStore(client);
		await borrowing.read('nothing');
		await borrowing.close();
		await client.quit();`,
		await redisUrl(),
	);
});

test('a process lives on while its server is down, and finds it again', async t => {
	const server = await privateRedis(t, {appendonly: 'yes', appendfsync: 'always'});
	const store = openStore(t, server.url);
	const lent = connect(t, server.url);
	lent.on('error', () => {});
	const borrowing = new RedisStore(lent);
	const version = await store.create('key', record());
	const closed = once(lent, 'close');
	await server.kill();
	await closed;

	const elapsed = stopwatch(t);
	await t.throwsAsync(store.read('key'), {code: 'ECONNREFUSED'});
	await t.throwsAsync(store.update('key', record(), version ?? noVersion), {code: 'ECONNREFUSED'});
	t.true(elapsed() < 5000);

	await server.restart();
	t.is((await eventually(() => store.read('key')))?.version, version);
	t.is((await borrowing.read('key'))?.version, version);
});

test('a store may be made before its server runs', async t => {
	const server = await privateRedis(t);
	await server.kill();
	const store = openStore(t, server.url);
	await t.throwsAsync(store.read('key'));
	await server.restart();
	t.is(await eventually(() => store.read('key')), undefined);
});

test('a request fails with the reason why Redis can’t be used, and without the password', async t => {
	const server = await privateRedis(t);
	const operator = connect(t, server.url);
	operator.on('error', () => {});
	await operator.config('SET', 'requirepass', 'right');
	const {host} = new URL(server.url);
	const failing = async (url: string) => {
		const sessions = session({store: url, keys: testKeys});
		const error = await t.throwsAsync(sessions.isAlive({handle: 'A'.repeat(43)}), {code: 'ERR_SESSION_STORE'});
		await sessions.close();
		t.notRegex(inspect(error, {depth: 9}), /5up3rs3cr3t/);
		return error?.message;
	};
	const because = (reason: string) => `The session store failed in \`read\`: ${reason}. See \`cause\``;
	t.is(await failing(`redis://:5up3rs3cr3t@${host}`), because('WRONGPASS'));
	t.is(await failing(`redis://${host}`), because('NOAUTH'));
	await server.kill();
	t.is(await failing(`redis://:5up3rs3cr3t@${host}`), because('ECONNREFUSED'));
});

test('a server that became a replica is left for the new master', async t => {
	const [old, next] = [await privateRedis(t), await privateRedis(t)];
	const proxy = await startProxy(old.port);
	t.teardown(() => proxy.close());
	const store = openStore(t, `redis://127.0.0.1:${proxy.port}`);
	await store.create('key', record());

	const demoted = connect(t, old.url);
	await demoted.replicaof('127.0.0.1', next.port);
	proxy.redirect(next.port);
	await t.throwsAsync(store.create('other', record()), {message: /READONLY/});
	t.truthy(await store.create('other', record()));
	t.is(await connect(t, next.url).exists('other'), 1);
	// A master waits for its replicas before it ends.
	await demoted.replicaof('NO', 'ONE');
});

test('a write whose reply was lost counts as that write when it is sent again', async t => {
	const server = await privateRedis(t);
	const {proxy, lossy} = await startLossy(t, server.port);
	const store = openStore(t, `redis://127.0.0.1:${proxy.port}`);

	// Each script first on another key, so that the reply that gets lost is not that to an unknown one.
	const warm = await create(store, 'warm', record());
	const next = await update(store, 'warm', record(), warm);
	await store.touch('warm', record().expiresAt, next);
	await store.delete('warm');
	const other = openStore(t, server.url);
	await survivesLostReplies(t, store, lossy, 'key', other);
	await survivesLostReplies(t, new RedisStore(connect(t, `redis://127.0.0.1:${proxy.port}`)), lossy, 'own', other);
});

const faults: ReadonlyArray<{title: string; atStart?: Settings; later?: [string, string]; expected: RegExp}> = [
	{title: 'a server that is full', later: ['maxmemory', '1'], expected: /^OOM command not allowed/},
	{title: 'a password that is missing', later: ['requirepass', 'secret-word'], expected: /^NOAUTH/},
	{
		title: 'commands that are unknown, and quoted with their arguments',
		atStart: {'rename-command': ['EVALSHA', '', '--rename-command', 'EVAL', '']},
		expected: /^NOSCRIPT: this Redis server runs neither `EVALSHA` nor `EVAL`/,
	},
];

for (const {title, atStart, later, expected} of faults) {
	test(`an error tells the reason, and nothing that is secret: ${title}`, async t => {
		const {url} = await privateRedis(t, atStart);
		if (later) await connect(t, url).config('SET', ...later);
		const store = openStore(t, url);
		const error = await t.throwsAsync(store.create('secret-key', {...record('secret-data'), subject: 'secret-name'}));
		t.regex(error?.message ?? '', expected);
		t.is(error?.cause, undefined);
		t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-/);
	});
}

test('an error tells the reason, and nothing that is secret: a key that holds no string', async t => {
	const client = connect(t, await redisUrl());
	const key = `secret-${randomUUID()}`;
	await client.lpush(key, 'secret-data');
	const error = await t.throwsAsync(new RedisStore(client).read(key));
	t.regex(error?.message ?? '', /^WRONGTYPE/);
	t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-/);
});
