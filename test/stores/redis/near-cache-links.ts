import assert from 'node:assert/strict';
import {once} from 'node:events';
import {setTimeout as pause} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Redis, type RedisOptions} from 'ioredis';
import {RedisStore} from '../../../source/stores/redis.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {endsByItself} from '../../helpers/processes/ends-by-itself.ts';
import {create, record, textOf, update} from '../../helpers/stores/records.ts';
import {connect, openStore, privateRedis} from '../../helpers/stores/redis.ts';

// How the near cache makes its two connections, one that reads and one that hears of changes, and how it ends them.

const nearby = {mayBeOld: true};

/** A client that makes further connections in another way. Each pair is the one that reads, then the one that hears. */
const duplicating = (client: Redis, duplicate: (options: RedisOptions, place: number) => Redis): Redis => {
	let links = 0;
	return Object.assign(Object.create(client), {duplicate: (options: RedisOptions) => duplicate(options, links++)});
};

const openNear = (t: ExecutionContext, client: Redis | string): RedisStore => {
	const store = new RedisStore(client, {nearCache: {maxAge: '60s'}});
	t.teardown(() => store.close());
	return store;
};

/** How many values a server has read for anyone. */
const readsOf = async (observer: Redis): Promise<number> =>
	Number(/^cmdstat_get:calls=(\d+)/m.exec(await observer.info('commandstats'))?.[1] ?? 0);

/** Reads a record until a read of it doesn't reach the server. */
const untilCopied = async (store: RedisStore, observer: Redis, key: string): Promise<void> => {
	for (;;) {
		const before = await readsOf(observer);
		await store.read(key, nearby);
		if ((await readsOf(observer)) === before) return;
		await pause(1);
	}
};

test('a connection that is lost while tracking starts is no refusal', async t => {
	t.timeout(60_000);
	const {url} = await privateRedis(t);
	const [client, observer] = [connect(t, url), connect(t, url)];
	let killed = 0;
	const store = openNear(
		t,
		duplicating(client, (options, place) => {
			const link = client.duplicate(options);
			if (place > 0) return link;
			const send = link.client.bind(link) as (...words: string[]) => Promise<unknown>;
			// The server gets both at once, so it knows no such connection when it gets the second one.
			const sendAfterKill = (...words: string[]): Promise<unknown> => {
				if (words[0] !== 'TRACKING') return send(...words);
				killed++;
				void link.call('CLIENT', 'KILL', 'ID', words.at(-1) ?? '');
				return send(...words);
			};
			return Object.assign(link, {client: sendAfterKill});
		}),
	);
	await store.create('key', record());
	await untilCopied(store, observer, 'key');
	t.is(killed, 1);
});

test('two connections that lead to two servers keep no copies', async t => {
	const [one, other] = [await privateRedis(t), await privateRedis(t)];
	const idOf = async (client: Redis): Promise<number> => Number(await client.client('ID'));
	// Each of the next connections to the other server has the number of one to the first server.
	const ahead = connect(t, other.url);
	while ((await idOf(connect(t, other.url))) < 20);
	while ((await idOf(connect(t, one.url))) < (await idOf(ahead)) + 60);

	const client = connect(t, one.url);
	let connected = 0;
	const near = duplicating(client, (options, place) => {
		const link = client.duplicate({...options, ...(place % 2 === 1 && {port: other.port})});
		return link.on('close', () => connected++);
	});
	const store = openNear(t, near);
	const writer = openStore(t, one.url);
	const version = await create(writer, 'key', record('one'));
	const [observer, latest] = [connect(t, one.url), performance.now() + 5000];
	while (connected < 2 && performance.now() < latest) {
		const before = await readsOf(observer);
		await store.read('key', nearby);
		if ((await readsOf(observer)) === before) break;
		await pause(1);
	}
	await update(writer, 'key', record('two'), version);
	const seen = await store.read('key', nearby);
	t.is(seen && Buffer.from(seen.bytes).toString(), 'two');
});

test('copies are of the database that the application has selected, also while its client is down', async t => {
	t.timeout(60_000);
	const server = await privateRedis(t);
	const proxy = await startProxy(server.port);
	t.teardown(() => proxy.close());
	const away = Promise.withResolvers<void>();
	const retryStrategy = (attempt: number): number => {
		if (attempt === 1) return 1;
		away.resolve();
		return 600_000;
	};
	const client = new Redis(proxy.port, {enableOfflineQueue: false, retryStrategy});
	client.on('error', () => {});
	t.teardown(() => client.disconnect());
	await once(client, 'ready');
	const observer = connect(t, server.url);
	const store = openNear(
		t,
		duplicating(client, options => client.duplicate({...options, port: server.port})),
	);

	/** Reads what a database has until a read doesn't reach the server. */
	const untilNear = async (expected: string): Promise<void> => {
		for (;;) {
			const before = await readsOf(observer);
			const found = await store.read('key', nearby).catch(() => undefined);
			if (found) assert.equal(Buffer.from(found.bytes).toString(), expected);
			if (found && (await readsOf(observer)) === before) return;
			await pause(1);
		}
	};
	for (const database of [2, 0, 3]) {
		await client.select(database);
		await store.create('key', record(`in ${database}`));
		await untilNear(`in ${database}`);
	}
	proxy.close();
	await away.promise;
	await untilNear('in 3');
	t.is(client.status, 'reconnecting');
});

test('a store that is closed while tracking starts starts it no more', async t => {
	const {url} = await privateRedis(t);
	const client = connect(t, url);
	let links = 0;
	const near = duplicating(client, options => {
		links++;
		return client.duplicate({...options, port: 1});
	});
	const store = openNear(t, near);
	await store.create('key', record());
	await store.read('key', nearby);
	await store.close();
	// The pause after a failure is two seconds.
	for (const latest = performance.now() + 3500; performance.now() < latest; await pause(50))
		await store.read('key', nearby);
	t.is(links, 2);
});

test('a store that was closed while tracking waited for a sentinel keeps no process alive', async t => {
	await endsByItself(
		t,
		`
import {RedisStore} from './source/stores/redis.ts';
const store = new RedisStore('redis+sentinel://127.0.0.1:1/mymaster', {nearCache: true});
await store.read('key', {mayBeOld: true}).catch(() => {});
await store.close();
`,
	);
});

test('reads that are under way when a store is closed end first', async t => {
	const server = await privateRedis(t);
	const [observer, proxy] = [connect(t, server.url), await startProxy(server.port)];
	t.teardown(() => proxy.close());
	const url = `redis://127.0.0.1:${proxy.port}`;
	await create(openStore(t, server.url), 'key', record('pear'));

	const early = openNear(t, url);
	t.is(await textOf(early, 'key'), 'pear');
	const first = early.read('key', nearby);
	await early.close();
	t.is(Buffer.from((await first)?.bytes ?? []).toString(), 'pear');

	const store = openNear(t, url);
	await untilCopied(store, observer, 'key');
	await create(openStore(t, server.url), 'other', record('apple'));
	proxy.delayReplies(() => 300);
	const read = store.read('other', nearby);
	const closed = store.close();
	await t.throwsAsync(store.read('key', nearby), {message: /^The store was closed/});
	t.is(Buffer.from((await read)?.bytes ?? []).toString(), 'apple');
	await closed;
});
