import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {rm} from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {RedisStore} from 'connect-redis';
import expressSession from 'express-session';
import type {Redis} from 'ioredis';
import bindFileStore from 'session-file-store';
import type {SessionRecord, Store} from '../../source/store.ts';
import {fromExpressStore} from '../../source/stores/express.ts';
import {startApp} from '../helpers/http/app.ts';
import {Barrier, Gate} from '../helpers/order/barrier.ts';
import {conforms} from '../helpers/stores/conforms.ts';
import {storeWithoutServer} from '../helpers/stores/express.ts';
import {noVersion} from '../helpers/stores/records.ts';
import {connect, redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

type Opened = {readonly one: expressSession.Store; readonly other: expressSession.Store};

/** What connect-redis asks of node-redis, by the client that the tests have. */
const asNodeRedis = (redis: Redis) => ({
	get: (key: string) => redis.get(key),
	set: (key: string, value: string, {expiration}: {expiration: {value: number}}) =>
		redis.set(key, value, 'EX', expiration.value),
	expire: (key: string, seconds: number) => redis.expire(key, seconds),
	del: (keys: string[]) => redis.del(keys),
});

const FileStore = bindFileStore(expressSession);

/** Each store of Express twice on the same place, as two processes have it. */
const stores: Readonly<Record<string, (t: ExecutionContext) => Promise<Opened>>> = {
	async 'express-session MemoryStore'() {
		const [one, other] = [new expressSession.MemoryStore(), new expressSession.MemoryStore()];
		Object.assign(other, {sessions: Reflect.get(one, 'sessions')});
		return {one, other};
	},
	async 'connect-redis'(t) {
		const client = asNodeRedis(connect(t, await redisUrl()));
		const prefix = `${randomUUID()}:`;
		const open = () => new RedisStore({client: client as never, prefix});
		return {one: open(), other: open()};
	},
	async 'session-file-store'(t) {
		const path = await temporaryDirectory(t);
		const open = () => new FileStore({path, retries: 0, reapInterval: -1, logFn: () => undefined});
		return {one: open(), other: open()};
	},
};

const record = (text: string): SessionRecord => ({bytes: Buffer.from(text), expiresAt: Date.now() + 3_600_000});
const textOf = async (store: Store, key: string) => String(Buffer.from((await store.read(key))?.bytes ?? []));

const openBoth = async (t: ExecutionContext, open: (t: ExecutionContext) => Promise<Opened>) => {
	const {one, other} = await open(t);
	// With a barrier set, both have read before either writes.
	const barrier = {current: undefined as Pick<Barrier, 'wait'> | undefined};
	for (const store of [one, other]) {
		const get = store.get.bind(store);
		store.get = (id, done) =>
			get(id, async (error, session) => {
				await barrier.current?.wait();
				done(error, session);
			});
	}
	return {store: fromExpressStore(one), twin: fromExpressStore(other), barrier};
};

for (const [name, open] of Object.entries(stores)) {
	// In one process nothing is missing.
	conforms(
		async t => fromExpressStore((await open(t)).one),
		{keeps: true, compareAndSwap: true},
		{prefix: `${name}: `},
	);

	const twins = new WeakMap<Store, Awaited<ReturnType<typeof openBoth>>>();
	conforms(
		async t => {
			const both = await openBoth(t, open);
			twins.set(both.store, both);
			return both.store;
		},
		{keeps: true},
		{
			prefix: `${name}, from two processes: `,
			lacking: {
				async compareAndSwap(store) {
					const {twin, barrier} = twins.get(store) ?? assert.fail();
					const version = (await store.create('key', record('before'))) ?? assert.fail();
					barrier.current = new Barrier(2);
					const results = await Promise.all([
						store.update('key', record('one'), version),
						twin.update('key', record('two'), version),
					]);
					assert.ok(!results.some(result => result === 'conflict' || result === 'missing'));
				},
			},
		},
	);

	test(`${name}: a write on its way brings back what another process deletes`, async t => {
		const {store, twin, barrier} = await openBoth(t, open);
		const version = (await store.create('key', record('before'))) ?? assert.fail();
		const gate = new Gate();
		barrier.current = {wait: () => gate.pass()};
		const late = store.update('key', record('late'), version);
		await gate.reached;
		barrier.current = undefined;
		t.true(await twin.delete('key', version));
		gate.open();
		await late;
		t.is(await textOf(twin, 'key'), 'late');
	});

	test(`${name}: two adapters of one store in a process lose nothing`, async t => {
		const {one} = await open(t);
		const adapters = [fromExpressStore(one), fromExpressStore(one)];
		const [first] = adapters as [Store];
		const version = (await first.create('key', record('before'))) ?? assert.fail();
		const results = await Promise.all(adapters.map(store => store.update('key', record('after'), version)));
		t.is(results.filter(result => result !== 'conflict').length, 1);
	});

	test(`${name}: sessions are kept there over HTTP, and parallel requests lose nothing`, async t => {
		const {one} = await open(t);
		const {client, sessions} = await startApp(t, {store: fromExpressStore(one)}, async ctx => {
			if (ctx.path === '/logout') await ctx.session.destroy();
			else ctx.session[ctx.path.slice(1)] = true;
			ctx.body = Object.keys(ctx.session).toSorted().join();
		});
		const browser = client();
		await browser.get('/a');
		await Promise.all([...'bcdefgh'].map(name => browser.fork().get(`/${name}`)));
		t.is((await browser.get('/i')).body, 'a,b,c,d,e,f,g,h,i');

		const copy = browser.fork();
		await browser.get('/logout');
		t.is((await copy.get('/x')).body, 'x');
		await t.throwsAsync(async () => (await sessions.list('ada')[Symbol.asyncIterator]().next()).value, {
			code: 'ERR_SESSION_UNSUPPORTED',
		});
	});
}

test('a store that fails is a fault, and a record of another kind is none', async t => {
	const store = new expressSession.MemoryStore();
	const adapted = fromExpressStore(store);
	const set = store.set.bind(store);
	store.set = (id, session, done) => set(id, {cookie: session.cookie, record: {version: 1}} as never, done);
	await adapted.create('key', record('x'));
	t.is(await adapted.read('key'), undefined);

	store.get = () => {
		throw new Error('at once');
	};
	await t.throwsAsync(adapted.read('key'), {message: 'at once'});
	store.get = (_id, done) => done(new Error('down'));
	await t.throwsAsync(adapted.update('key', record('x'), noVersion), {message: 'down'});
	store.get = (_id, done) => done(null);
	t.is(await adapted.update('key', record('x'), noVersion), 'missing');
});

test('a directory that is gone holds no session and takes none: a write fails', async t => {
	const path = await temporaryDirectory(t);
	const adapted = fromExpressStore(new FileStore({path, retries: 0, reapInterval: -1, logFn: () => undefined}));
	const version = (await adapted.create('key', record('before'))) ?? assert.fail();
	await rm(path, {recursive: true});
	t.is(await adapted.read('key'), undefined);
	t.is(await adapted.update('key', record('after'), version), 'missing');
	t.false(await adapted.delete('key'));
	await t.throwsAsync(adapted.create('key', record('after')), {code: 'ENOENT'});
});

test('a server whose socket is missing is down, and no session is missing for that', async t => {
	const adapted = fromExpressStore(storeWithoutServer(t));
	await t.throwsAsync(adapted.read('key'), {code: 'ENOENT'});
	await t.throwsAsync(adapted.create('key', record('x')), {code: 'ENOENT'});
	await t.throwsAsync(adapted.update('key', record('x'), noVersion), {code: 'ENOENT'});
	await t.throwsAsync(adapted.delete('key'), {code: 'ENOENT'});
	// An expired record is written by destroying what is there.
	const store = storeWithoutServer(t);
	const withoutRead = fromExpressStore({...store, get: (_id, done) => done()});
	await t.throwsAsync(withoutRead.create('key', {...record('x'), expiresAt: 0}), {code: 'ENOENT'});
});

test('what is no store of express-session is told at once', t => {
	t.throws(() => fromExpressStore({get: () => undefined, set: () => undefined} as never), {message: /`destroy\(\)`/});
	t.throws(() => fromExpressStore(undefined as never), {message: /`get\(\)`/});
});

test('a call that is never answered holds up no other forever', async t => {
	const store = new expressSession.MemoryStore();
	const adapted = fromExpressStore(store);
	const version = (await adapted.create('key', record('before'))) ?? assert.fail();
	// A server's socket would do so.
	const alive = setInterval(() => undefined, 60_000);
	t.teardown(() => clearInterval(alive));
	const set = store.set;
	await new Promise<void>(resolve => {
		store.set = () => resolve();
		void adapted.update('key', record('lost'), version);
	});

	store.set = set;
	t.not(await adapted.update('key', record('after'), version), 'conflict');
	t.is(await textOf(adapted, 'key'), 'after');
});
