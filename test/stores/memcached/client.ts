import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {connect as dial} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {inspect} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {MemcachedStore} from '../../../source/stores/memcached.ts';
import {startLossy} from '../../helpers/faults/lost-replies.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {stopwatch} from '../../helpers/order/stopwatch.ts';
import {endsByItself} from '../../helpers/processes/ends-by-itself.ts';
import {connect, memcachedUrl, openStore, patient, privateMemcached, stats} from '../../helpers/stores/memcached.ts';
import {create, noVersion, record, textOf, update} from '../../helpers/stores/records.ts';

const keys = Array.from({length: 60}, (_, index) => `key:${index}`);

test('the store opens its own client on first use, and closes it', async t => {
	const {url} = await privateMemcached(t);
	const other = connect(t, url);
	const store = new MemcachedStore(patient(url));
	const connections = async () => (await stats(other)).get('curr_connections') ?? 0;
	const before = await connections();

	await store.create('key', record());
	t.is(await connections(), before + 1, 'opened on first use');
	await store.close();
	// The server learns of it in its own time.
	while ((await connections()) > before);
});

test('the store leaves several clients of the application open, too', async t => {
	const url = await memcachedUrl();
	const store = new MemcachedStore([connect(t, url), connect(t, url)]);
	await store.close();
	t.is(await store.read(randomUUID()), undefined);
});

test('a process ends on its own: with a store never used, one closed, and one whose client was shut down', async t => {
	await endsByItself(
		t,
		`import {MemcacheClient} from 'memcache-client';
		import {MemcachedStore} from './source/stores/memcached.ts';
		const [, url] = process.argv;
		new MemcachedStore(url);
		const closed = new MemcachedStore(url);
		await closed.read('nothing');
		await closed.close();
		const client = new MemcacheClient({server: new URL(url).host});
		const borrowing = new MemcachedStore(client);
		await borrowing.read('nothing');
		await borrowing.close();
		client.shutdown();`,
		await memcachedUrl(),
	);
});

test('a process lives on while its server is down, and finds it again', async t => {
	const server = await privateMemcached(t);
	const [store, borrowing] = [openStore(t, patient(server.url)), new MemcachedStore(connect(t, server.url))];
	const version = (await store.create('key', record())) ?? noVersion;
	await borrowing.read('key');
	await server.kill();

	const elapsed = stopwatch(t);
	for (const call of [
		() => store.read('key'),
		() => store.update('key', record(), version),
		() => store.touch('key', record().expiresAt, version),
		() => store.create('other', record()),
		() => store.delete('key'),
		() => borrowing.update('key', record(), version),
	]) {
		await t.throwsAsync(call, {message: /ECONNREFUSED|ECONNRESET|socket/});
	}
	t.true(elapsed() < 5000);

	await server.restart();
	for (const found of [store, borrowing]) {
		t.is(await eventually(() => found.read('key')), undefined, 'a restart ends all sessions');
		t.is(await found.update('key', record(), version), 'missing');
	}
	t.is(typeof (await store.create('key', record())), 'string');
});

test('a store may be made before its server runs', async t => {
	const server = await privateMemcached(t);
	await server.kill();
	const store = openStore(t, patient(server.url));
	await t.throwsAsync(store.read('key'), {message: /ECONNREFUSED/});
	await server.restart();
	t.is(await store.read('key'), undefined);
});

test('a server that hangs fails every call in time, and is used again when it goes on', async t => {
	const server = await privateMemcached(t);
	const store = openStore(t, `${server.url}?cmdTimeout=300&connectTimeout=30000`);
	const version = (await eventually(() => store.create('key', record()))) ?? noVersion;
	server.pause();

	const elapsed = stopwatch(t);
	await Promise.all([
		t.throwsAsync(store.read('key'), {message: 'Command timeout'}),
		t.throwsAsync(store.update('key', record(), version), {message: 'Command timeout'}),
		t.throwsAsync(store.create('other', record()), {message: 'Command timeout'}),
		t.throwsAsync(store.delete('key'), {message: 'Command timeout'}),
	]);
	t.true(elapsed() < 5000);

	server.resume();
	t.is(typeof (await eventually(() => store.create(randomUUID(), record()))), 'string');
});

test('a server that accepts no connection fails a call in time', async t => {
	const server = await privateMemcached(t, {'listen-backlog': '1'});
	server.pause();
	/** The system accepts for a server until its backlog is full. */
	const isAccepted = async () => {
		const socket = dial(server.port, '127.0.0.1');
		t.teardown(() => socket.destroy());
		for (let tries = 0; socket.connecting && tries < 10; tries++) await delay(50);
		return !socket.connecting;
	};
	while (await isAccepted());

	const store = openStore(t, `${server.url}?connectTimeout=300`);
	const elapsed = stopwatch(t);
	await t.throwsAsync(store.read('key'), {message: 'connect timeout'});
	t.true(elapsed() < 5000);
	server.resume();
});

/** A store whose next reply can be lost on the way. */
const lossyStore = async (t: ExecutionContext) => {
	const server = await privateMemcached(t);
	const {proxy, lossy} = await startLossy(t, server.port);
	const proxyUrl = `memcached://127.0.0.1:${proxy.port}`;
	// One connection, so that the reply which gets lost is that to the call.
	const store = openStore(t, `${patient(proxyUrl)}&maxConnections=1`);
	return {server, proxyUrl, store, lossy, loseNextReply: () => proxy.loseNextReply()};
};

test('a write whose reply was lost is looked for, and counts if it is there', async t => {
	const {store, lossy} = await lossyStore(t);
	const first = await lossy(() => store.create('key', record('first')));
	t.is((await store.read('key'))?.version, first);

	const second = await lossy(() => update(store, 'key', record('second'), first ?? noVersion));
	const stored = await store.read('key');
	t.is(stored?.version, second);
	t.is(Buffer.from(stored?.bytes ?? []).toString(), 'second');
	t.is(await store.update('key', record('late'), first ?? noVersion), 'conflict');
});

test('a touch whose reply was lost is looked for too', async t => {
	const {store, proxyUrl, loseNextReply} = await lossyStore(t);
	const client = connect(t, proxyUrl);
	let writes = 0;
	const lossy = new MemcachedStore({
		gets: key => client.gets(key),
		add: (...write) => client.add(...write),
		cas(...write) {
			writes++;
			loseNextReply();
			return client.cas(...write);
		},
	});
	const version = await create(store, 'key', record());
	const expiresAt = record().expiresAt + 1000;
	t.true(await lossy.touch('key', expiresAt, version));
	t.is(writes, 1, 'the touch was done already when it ran again');
	t.like(await store.read('key'), {expiresAt, version});
});

test('a lost reply that tells of another state is asked for again, and the state stays', async t => {
	const {server, store, lossy} = await lossyStore(t);
	const other = openStore(t, server.url);
	const first = (await store.create('key', record('first'))) ?? noVersion;
	await store.read('key');
	const second = await update(store, 'key', record('second'), first);

	// Nobody knows whether these came first, and were replaced since.
	await t.throwsAsync(lossy(() => store.create('key', record('other'))));
	await store.read('key');
	await t.throwsAsync(
		lossy(
			() => store.update('key', record('late'), second),
			async () => {
				const stored = await other.read('key');
				assert.ok(stored);
				await update(other, 'key', record(`${Buffer.from(stored.bytes)}, theirs`), stored.version);
			},
		),
	);
	t.is(await textOf(store, 'key'), 'late, theirs');

	const third = (await store.read('key'))?.version ?? noVersion;
	t.false(await lossy(() => store.touch('key', record().expiresAt, first)));
	t.is((await lossy(() => store.read('key')))?.version, third);
	await lossy(() => store.delete('key', third));
	t.is(await store.read('key'), undefined);
});

test('a conflict is one, though the reply to a read was lost before it was found', async t => {
	const {proxyUrl, store, lossy, loseNextReply} = await lossyStore(t);
	const first = await create(store, 'key', record('first'));
	await update(store, 'key', record('second'), first);
	// What this store has not read just now, it reads first.
	t.is(await lossy(() => store.update('key', record('late'), first)), 'conflict');

	const client = connect(t, proxyUrl);
	let reads = 0;
	const creating = new MemcachedStore({
		gets(key) {
			if (reads++ === 0) loseNextReply();
			return client.gets(key);
		},
		add: (...write) => client.add(...write),
		cas: (...write) => client.cas(...write),
	});
	t.is(await creating.create('key', record('late')), undefined);
	t.is(reads, 2);
	t.is(await textOf(store, 'key'), 'second');
});

test('connections that a firewall has forgotten cost no request its answer', async t => {
	const server = await privateMemcached(t);
	const proxy = await startProxy(server.port);
	t.teardown(() => proxy.close());
	const store = openStore(t, `memcached://127.0.0.1:${proxy.port}?cmdTimeout=3000&connectTimeout=30000`);
	const version = await create(store, 'key', record());
	await Promise.all(keys.map(() => store.read('key')));
	t.true(proxy.connections > 1);

	proxy.freeze();
	const [read, touched, created] = await Promise.all([
		store.read('key'),
		store.touch('key', record().expiresAt, version),
		store.create('other', record()),
	]);
	t.is(read?.version, version);
	t.true(touched);
	t.truthy(created);
	t.truthy(await store.read('other'));
});

test('a write whose connection broke is a fault if nobody can tell what became of it', async t => {
	const {server, store} = await lossyStore(t);
	const version = (await store.create('key', record())) ?? noVersion;
	await store.read('key');
	server.pause();
	const late = store.update('key', record('late'), version);
	await server.kill();
	await t.throwsAsync(late);
});

test('records are shared among servers, and each is found by all who name the same ones', async t => {
	const servers = await Promise.all([privateMemcached(t), privateMemcached(t), privateMemcached(t)]);
	const addresses = servers.map(({port}) => `127.0.0.1:${port}`);
	const store = openStore(t, `memcached://${addresses.join()}?cmdTimeout=30000&connectTimeout=30000`);
	const reversed = openStore(t, `memcached://${addresses.toReversed().join()}?cmdTimeout=30000&connectTimeout=30000`);
	await Promise.all(keys.map(key => store.create(key, record(key))));

	const items = await Promise.all(servers.map(async ({url}) => (await stats(connect(t, url))).get('curr_items') ?? 0));
	t.is(
		items.reduce((sum, count) => sum + count),
		keys.length,
	);
	t.true(Math.min(...items) > 0, `${items}`);
	for (const key of keys) t.is(Buffer.from((await reversed.read(key))?.bytes ?? []).toString(), key);
});

test('while one of several servers is down its sessions fail, and those of the others do not', async t => {
	const servers = [await privateMemcached(t), await privateMemcached(t)] as const;
	const store = new MemcachedStore(servers.map(({url}) => connect(t, url)));
	await Promise.all(keys.map(key => store.create(key, record())));
	const left = (await stats(connect(t, servers[0].url))).get('curr_items') ?? 0;
	await servers[1].kill();

	const answers = await Promise.allSettled(keys.map(key => store.read(key)));
	const found = answers.filter(answer => answer.status === 'fulfilled');
	t.is(found.length, left);
	for (const {value} of found) t.truthy(value);
	t.true(left > 0 && left < keys.length);
});

test('a server without compare-and-swap is told of, instead of losing what others wrote', async t => {
	const store = openStore(t, patient((await privateMemcached(t, {'disable-cas': ''})).url));
	const version = (await store.create('key', record())) ?? noVersion;
	const message = 'Expected memcached to be started without `-C`: it disables `cas`';
	await t.throwsAsync(store.read('key'), {message});
	await t.throwsAsync(store.update('key', record(), version), {message});
	await t.throwsAsync(store.touch('key', record().expiresAt, version), {message});
	await t.throwsAsync(store.delete('key', version), {message});
});

test('an error tells the reason, and nothing that is secret', async t => {
	const {url} = await privateMemcached(t, {'disable-evictions': '', 'memory-limit': '2'});
	const store = openStore(t, patient(url));
	const fill = async (): Promise<unknown> => {
		for (let index = 0; ; index++) {
			const full = {...record('secret-data'.repeat(20_000)), subject: 'secret-name'};
			await store.create(`secret-key-${index}`, full);
		}
	};
	const error = await t.throwsAsync(fill(), {message: 'SERVER_ERROR out of memory storing object'});
	t.is(error?.cause, undefined);
	t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-/);
});
