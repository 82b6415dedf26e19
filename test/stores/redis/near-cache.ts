import {randomUUID} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Cluster, Redis, type RedisOptions} from 'ioredis';
import {createClient} from 'redis';
import type {Store, VersionedRecord} from '../../../source/store.ts';
import {type RedisClient, RedisStore, type RedisStoreOptions} from '../../../source/stores/redis.ts';
import {storeCases, systemClock} from '../../../source/testing/index.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {startApp} from '../../helpers/http/app.ts';
import {endsByItself} from '../../helpers/processes/ends-by-itself.ts';
import {runs} from '../../helpers/runs.ts';
import {conforms} from '../../helpers/stores/conforms.ts';
import {create, record} from '../../helpers/stores/records.ts';
import {connect, openStore, redisUrl} from '../../helpers/stores/redis.ts';
import {startRedis} from '../../services/redis.ts';
import type {Server} from '../../services/server.ts';

// Reads that may be old can be answered from memory. What another process wrote is seen a moment later.

const server: Promise<Server> = startRedis();
test.after.always(async () => (await server).stop());

const nearby = {mayBeOld: true};

const textOf = (found: VersionedRecord | undefined): string | undefined => found && Buffer.from(found.bytes).toString();

/** A store with copies, once it has them. */
const openNear = async (
	t: ExecutionContext,
	client: RedisClient | string,
	options: RedisStoreOptions['nearCache'] = true,
): Promise<RedisStore> => {
	const store = new RedisStore(client, {nearCache: options});
	t.teardown(() => store.close());
	await untilCopying(store);
	return store;
};

/** Reads until a second read of a record doesn't reach the server. */
const untilCopying = async (store: RedisStore): Promise<void> => {
	const observer = new Redis((await server).url);
	const key = `probe:${randomUUID()}`;
	await store.create(key, record());
	for (let isCopied = false; !isCopied; ) {
		await pause(1);
		await store.read(key, nearby);
		const before = await readsOf(observer);
		await store.read(key, nearby);
		isCopied = (await readsOf(observer)) === before;
	}
	observer.disconnect();
};

/** How many values the server has read for anyone. */
const readsOf = async (observer: Redis): Promise<number> =>
	Number(/^cmdstat_get:calls=(\d+)/m.exec(await observer.info('commandstats'))?.[1] ?? 0);

/** Reads as a request begins, until it finds what is expected. */
const untilSeen = async (store: Store, key: string, expected: string | undefined): Promise<void> => {
	while (textOf(await store.read(key, nearby)) !== expected) await pause(1);
};

/** A client, one of whose two links goes to another port: 0 reads, 1 hears of changes. */
const throughPort = (client: Redis, port: number, link: number): Redis => {
	let links = 0;
	const duplicate = (options: RedisOptions) => client.duplicate({...options, ...(links++ % 2 === link && {port})});
	return Object.assign(Object.create(client), {duplicate});
};

/** All its reads may be old: one process still sees what it wrote itself. */
class AlwaysNear extends RedisStore {
	override read(key: string): Promise<VersionedRecord | undefined> {
		return super.read(key, nearby);
	}
}

conforms(
	async t => {
		const store = new AlwaysNear(connect(t, (await server).url, `${randomUUID()}:`), {nearCache: true});
		t.teardown(() => store.close());
		await untilCopying(store);
		return store;
	},
	{keeps: true, compareAndSwap: true, bySubject: true, keys: true, maxBytes: false},
);

/** `conforms()` leaves out what needs another process, and copies matter to these alone. */
const ofCopies = storeCases.filter(({needs, title}) => needs === 'shared' && title.includes('mayBeOld'));
test.serial('the suite has a case of copies', t => t.true(ofCopies.length > 0));
for (const {title, run} of ofCopies) {
	test.serial(title, async t => {
		const {url} = await server;
		const store = await openNear(t, url, {maxAge: '60s'});
		await t.notThrowsAsync(run(store, systemClock(), () => new RedisStore(url)));
	});
}

test.serial('reads at once, and reads after them, cost one command', async t => {
	const {url} = await server;
	const [store, observer] = [await openNear(t, url), connect(t, url)];
	await store.create('many', record('pear'));
	const before = await readsOf(observer);
	const reads = await Promise.all(Array.from({length: 10}, () => store.read('many', nearby)));
	t.deepEqual(reads.map(textOf), Array(10).fill('pear'));
	t.is(textOf(await store.read('many', nearby)), 'pear');
	t.is(await readsOf(observer), before + 1);

	t.is(textOf(await store.read('many')), 'pear', 'any other read reaches the server');
	t.is(await readsOf(observer), before + 2);

	// Long enough that the server has to show first that it still tells of changes.
	await pause(1300);
	await Promise.all(Array.from({length: 10}, () => store.read('many', nearby)));
	t.is(await readsOf(observer), before + 3, 'at once, also after a rest');
});

test.serial('a page with twenty calls costs one read, and changes are saved as ever', async t => {
	const {url} = await server;
	const [store, observer] = [await openNear(t, url), connect(t, url)];
	const {client} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/login') ctx.session['user'] = 'ada';
		const count = (data: Record<string, unknown>): void => {
			data['n'] = Number(data['n'] ?? 0) + 1;
		};
		if (ctx.path === '/count') await ctx.session.update(count);
		ctx.body = `${ctx.session['user']} ${ctx.session['n']}`;
	});
	const visitor = client();
	await visitor.get('/login');
	const before = await readsOf(observer);
	const answers = await Promise.all(Array.from({length: 20}, () => visitor.get('/')));
	t.deepEqual(new Set(answers.map(({body}) => body)), new Set(['ada undefined']));
	t.is(await readsOf(observer), before + 1);

	await Promise.all(Array.from({length: 10}, () => visitor.get('/count')));
	t.is((await visitor.get('/')).body, 'ada 10');
});

test.serial('each read gives bytes of its own', async t => {
	const store = await openNear(t, (await server).url);
	await store.create('own', record('pear'));
	const [one, other] = await Promise.all([store.read('own', nearby), store.read('own', nearby)]);
	one?.bytes.fill(0);
	t.is(textOf(other), 'pear');

	const copy = await store.read('own', nearby);
	t.is(textOf(copy), 'pear');
	copy?.bytes.fill(0);
	t.is(textOf(await store.read('own', nearby)), 'pear');
});

test.serial('what another process writes, touches or ends is seen', async t => {
	const {url} = await server;
	for (const keyPrefix of ['', 'shop,1:']) {
		const options = {keyPrefix, db: 3} satisfies RedisOptions;
		const [client, other] = [new Redis(url, options), new Redis(url, options)];
		t.teardown(() => [client, other].map(each => each.disconnect()));
		const [store, writer] = [await openNear(t, client), new RedisStore(other)];
		const first = await create(writer, 'key', record('one'));
		t.is(textOf(await store.read('key', nearby)), 'one');

		const changed = await writer.update('key', record('two'), first);
		await untilSeen(store, 'key', 'two');
		const later = Date.now() + 7_200_000;
		t.true(typeof changed === 'object' && (await writer.touch('key', later, changed.version)));
		while ((await store.read('key', nearby))?.expiresAt !== later) await pause(1);

		await writer.delete('key');
		await untilSeen(store, 'key', undefined);
	}
});

test.serial(
	'no write, and no read after `maxAge`, takes an old copy for the record, in any order of two processes',
	async t => {
		const {url, port} = await server;
		const maxAge = 100;
		// The connection that hears what has changed, by which all news comes late.
		const proxy = await startProxy(port);
		t.teardown(() => proxy.close());
		const client = connect(t, url);
		let links = 0;
		const duplicate = (options: RedisOptions) =>
			client.duplicate({...options, ...(links++ % 2 === 1 && {port: proxy.port})});
		const store = await openNear(t, Object.assign(Object.create(client), {duplicate}), {maxAge});
		proxy.delayReplies(() => Math.random() * 3 * maxAge);
		// Two stores know as little of each other as two processes do.
		const other = openStore(t, url);
		const turn = () => pause(Math.random() < 0.5 ? 0 : Math.random() * 2);
		let seenOld = 0;

		/** After its own writes, no copy counts at all. Without any, one counts until `maxAge`. */
		const race = async (writes: boolean): Promise<void> => {
			const key = `order:${randomUUID()}`;
			const version = await create(store, key, record('one'));
			const reader = async (): Promise<void> => {
				await turn();
				await store.read(key, nearby);
			};
			const ender = async (): Promise<void> => {
				await turn();
				t.true(await other.delete(key));
				const endedAt = performance.now();
				if (await store.read(key, nearby)) seenOld++;
				t.is(await store.read(key), undefined);
				if (writes) {
					t.is(await store.update(key, record('revived'), version), 'missing');
					t.false(await store.touch(key, Date.now() + 60_000, version));
					t.false(await store.delete(key, version));
					t.is(await store.read(key, nearby), undefined, 'after a write of its own, no copy counts');
				}

				while (performance.now() < endedAt + maxAge) await pause(Math.random() * maxAge);
				t.is(await store.read(key, nearby), undefined, 'after `maxAge`');
			};
			await Promise.all([reader(), reader(), ender(), reader()]);
		};
		const atOnce = 100;
		for (let raced = 0; raced < runs(200, 100_000); raced += atOnce)
			await Promise.all(Array.from({length: atOnce}, (_, index) => race(index % 2 === 0)));
		t.true(seenOld > 0, 'old copies were there');
		t.log(`${seenOld} reads saw a session that had ended a moment before`);
	},
);

test.serial('whatever breaks a connection, and whatever empties the database, leaves no copy', async t => {
	const {url} = await server;
	const client = connect(t, url);
	const [store, observer] = [await openNear(t, client, {maxAge: '60s'}), connect(t, url)];
	const listeners = client.listenerCount('close');
	const breaks = {
		flushing: () => observer.call('FLUSHALL'),
		'the connection that hears': () => observer.call('CLIENT', 'KILL', 'TYPE', 'pubsub'),
		'all connections': () => observer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
		'a new server': async () => (await server).restart(),
	};
	for (const [name, doBreak] of Object.entries(breaks)) {
		await create(store, name, record('one'));
		await store.read(name, nearby);
		t.is(textOf(await store.read(name, nearby)), 'one');
		await doBreak();
		await observer.set(name, 'no record');
		await untilSeen(store, name, undefined);
		await untilCopying(store);
		t.is(client.listenerCount('close'), listeners, name);
	}
});

test.serial('a connection that hangs without a word counts for 1.2 seconds, and the store works without', async t => {
	const {url, port} = await server;
	for (const hanging of [0, 1]) {
		const proxy = await startProxy(port);
		t.teardown(() => proxy.close());
		const client = connect(t, url);
		const store = await openNear(t, throughPort(client, proxy.port, hanging), {maxAge: '60s'});
		const version = await create(store, 'hanging', record('one'));
		t.is(textOf(await store.read('hanging', nearby)), 'one');

		proxy.freeze();
		await openStore(t, url).update('hanging', record('two'), version);
		const changedAt = performance.now();
		await untilSeen(store, 'hanging', 'two');
		const took = performance.now() - changedAt;
		t.true(took < 5000, `${took} ms`);
		await untilCopying(store);
		await store.delete('hanging');
	}
});

test.serial('a read joins another only as long as the reply to that one would count', async t => {
	const {url, port} = await server;
	const proxy = await startProxy(port);
	t.teardown(() => proxy.close());
	const [client, observer] = [connect(t, url), connect(t, url)];
	const store = await openNear(t, throughPort(client, proxy.port, 0), {maxAge: 100});
	await store.create('slow', record('pear'));
	const before = await readsOf(observer);

	proxy.delayReplies(() => 500);
	const first = [store.read('slow', nearby), store.read('slow', nearby)];
	await pause(150);
	const reads = await Promise.all([...first, store.read('slow', nearby)]);
	t.deepEqual(reads.map(textOf), ['pear', 'pear', 'pear']);
	t.is(await readsOf(observer), before + 2);
});

test.serial('a copy is never older than `maxAge`, and there are at most `maxEntries`', async t => {
	const {url} = await server;
	const observer = connect(t, url);
	const costOf = async (store: Store, ...keys: string[]): Promise<number> => {
		const before = await readsOf(observer);
		for (const key of keys) await store.read(key, nearby);
		return (await readsOf(observer)) - before;
	};
	const few = await openNear(t, url, {maxAge: '60s', maxEntries: 2});
	for (const key of ['a', 'b', 'c']) await few.create(key, record());
	t.is(await costOf(few, 'a', 'b', 'c', 'a'), 4, 'the third one takes the place of the first');

	const brief = await openNear(t, url, {maxAge: 100});
	await brief.read('a', nearby);
	await pause(110);
	t.is(await costOf(brief, 'a'), 1);
});

test.serial('a server that may not track is used without copies, with one warning', async t => {
	const {url} = await server;
	await connect(t, url).call('ACL', 'SETUSER', 'app', 'reset', 'on', '>word', '~*', '+@all', '-client|tracking');
	const warnings: Error[] = [];
	const note = (warning: Error): unknown => warnings.push(warning);
	process.on('warning', note);
	t.teardown(() => process.off('warning', note));
	for (let stores = 0; stores < 2; stores++) {
		const store = new RedisStore(url.replace('//', '//app:word@'), {nearCache: true});
		t.teardown(() => store.close());
		await store.create('key', record('one'));
		for (let reads = 0; reads < 50; reads++) {
			t.is(textOf(await store.read('key', nearby)), 'one');
			await pause(1);
		}
		await store.delete('key');
	}
	const ours = warnings.filter(warning => 'code' in warning && warning.code === 'KOA_SERVER_SESSION_NEAR_CACHE');
	t.deepEqual(
		ours.map(({message}) => /Redis 6/.test(message)),
		[true],
	);
});

test.serial('the rights that the documentation lists are enough', async t => {
	const {url} = await server;
	const page = await readFile(new URL('../../../docs/stores.md', import.meta.url), 'utf8');
	const [, rights = ''] = /ACL SETUSER \w+ on >\S+ (.*)/.exec(page) ?? [];
	const [, more = ''] = /`nearCache` also needs `([^`]+)`/.exec(page) ?? [];
	t.regex(more, /tracking/);
	await connect(t, url).call(
		'ACL',
		'SETUSER',
		'least',
		'reset',
		'on',
		'>word',
		'~probe:*',
		...`${rights} ${more}`.split(' '),
	);
	await openNear(t, url.replace('//', '//least:word@'));
	t.pass();
});

test('its connections keep no process alive', async t => {
	await endsByItself(
		t,
		`
import {Redis} from 'ioredis';
import {RedisStore} from './source/stores/redis.ts';
import {setTimeout} from 'node:timers/promises';
const client = new Redis(process.argv[1]);
const store = new RedisStore(client, {nearCache: true});
for (let reads = 0; reads < 20; reads++) {
	await store.read('key', {mayBeOld: true});
	await setTimeout(10);
}
client.disconnect();
`,
		await redisUrl(),
	);
});

test('options that can not work are refused, and so is a client that can not track', async t => {
	const client = connect(t, await redisUrl());
	const refused: readonly [RedisStoreOptions['nearCache'] | string, RegExp][] = [
		['5s', /`nearCache`.*such as/],
		[{maxAge: '1ms'}, /`nearCache\.maxAge`.*from 100 to 60000/],
		[{maxAge: '2m'}, /`nearCache\.maxAge`/],
		[{maxEntries: 0}, /`nearCache\.maxEntries`.*positive/],
	];
	for (const [nearCache, message] of refused)
		t.throws(() => new RedisStore(client, {nearCache} as RedisStoreOptions), {message});

	const message = /ioredis for one server.*`nearCache` out/;
	const cluster = new Cluster(['redis://127.0.0.1:1'], {lazyConnect: true});
	const nodeRedis = createClient() as unknown as RedisClient;
	for (const untracked of ['redis+cluster://127.0.0.1:1', cluster, nodeRedis])
		t.throws(() => new RedisStore(untracked, {nearCache: true}), {instanceOf: TypeError, message});
	t.notThrows(() => new RedisStore(client, {nearCache: false}));
});
