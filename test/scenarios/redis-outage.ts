import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Redis} from 'ioredis';
import type {SessionOptions} from '../../source/index.ts';
import {RedisStore} from '../../source/stores/redis.ts';
import {refuseUnhandledRejections} from '../helpers/events/unhandled.ts';
import {startApp} from '../helpers/http/app.ts';
import {Load, loadedRoute} from '../helpers/http/load.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {eventually} from '../helpers/order/eventually.ts';
import {connect, privateRedis} from '../helpers/stores/redis.ts';

// Rule 19, run for real: a private Redis that is killed, stopped, filled up and made to forget.

refuseUnhandledRejections();

const storeTimeout = 2000;
const longest = storeTimeout + 500;

/** By when no request may fail any more, in milliseconds from the store's return. */
const recovery = 2000;

const durable = {appendonly: 'yes', appendfsync: 'always'};

const start = async (t: ExecutionContext, store: string | RedisStore, options: SessionOptions = {storeTimeout}) =>
	startApp(t, {store, ...options}, loadedRoute);

/** What holds whatever happened: each answer in time, and what was acknowledged is stored. */
const settle = async (
	t: ExecutionContext,
	load: Load,
	{sessions}: Awaited<ReturnType<typeof start>>,
	returnedAt: number,
): Promise<void> => {
	await load.seen(50, 200, returnedAt + recovery);
	await load.stop();

	const failed = load.answers.filter(({status}) => status !== 200);
	t.log(`${load.answers.length} answers, ${failed.length} failed; ${load.sessions} sessions`);
	t.deepEqual([...new Set(load.answers.map(({status}) => status))].toSorted(), [200, 503]);
	t.deepEqual(
		failed.filter(({askedAt}) => askedAt > returnedAt + recovery),
		[],
		'the store is back, and still requests fail',
	);
	t.true(Math.max(...load.answers.map(({elapsed}) => elapsed)) < longest, 'no answer comes late');
	t.deepEqual(await load.broken(sessions), [], 'acknowledged means stored');
};

test('killed and restarted under load: acknowledged means stored, and all comes back on its own', async t => {
	const server = await privateRedis(t, durable);
	const app = await start(t, server.url);
	const load = new Load(app.port, 8);

	let returnedAt = 0;
	for (let kill = 0; kill < 3; kill++) {
		await load.seen(100, 200);
		await server.kill();
		await load.seen(20, 503);
		await server.restart();
		returnedAt = performance.now();
	}

	await settle(t, load, app, returnedAt);
});

test('stopped for five seconds under load: each request is answered in time, and all comes back on its own', async t => {
	const server = await privateRedis(t, durable);
	const app = await start(t, server.url);
	const load = new Load(app.port, 8);

	await load.seen(100, 200);
	server.pause();
	await delay(5000);
	server.resume();
	await settle(t, load, app, performance.now());
});

test("an application's own client: the same, with its own way of coming back", async t => {
	const server = await privateRedis(t, durable);
	const client = new Redis(server.url, {maxRetriesPerRequest: 1, retryStrategy: () => 100});
	t.teardown(() => client.disconnect());
	const events: Error[] = [];
	client.on('error', error => events.push(error));
	const app = await start(t, new RedisStore(client));
	const load = new Load(app.port, 4);

	await load.seen(50, 200);
	await server.kill();
	await load.seen(10, 503);
	await server.restart();
	await settle(t, load, app, performance.now());
	t.true(events.length > 0, 'the client told its errors');
});

test('scripts flushed under load: nobody notices', async t => {
	const server = await privateRedis(t);
	const app = await start(t, server.url, {});
	const operator = connect(t, server.url);
	const load = new Load(app.port, 4);
	for (let flush = 0; flush < 10; flush++) {
		await load.seen(10, 200);
		await operator.script('FLUSH');
	}

	await load.stop();
	t.deepEqual(new Set(load.answers.map(({status}) => status)), new Set([200]));
	t.deepEqual(await load.broken(app.sessions), []);
});

test('out of memory: writes fail and change nothing, reads and logouts go on, and freed memory is enough', async t => {
	const server = await privateRedis(t);
	const {client, sessions} = await startApp(t, {store: server.url}, async ctx => {
		await loadedRoute(ctx);
		ctx.body = JSON.stringify(ctx.session);
		if (ctx.path === '/login') ctx.session.subject = 'alice';
		if (ctx.path === '/regenerate') await ctx.session.regenerate();
	});
	const operator = connect(t, server.url);
	const snapshot = async () => {
		const keys = (await operator.keys('*')).filter(key => key !== 'ballast').toSorted();
		return Promise.all(keys.map(async key => [key, (await operator.dumpBuffer(key))?.toString('hex')]));
	};

	const visitor = client();
	await visitor.get('/write?value=1');
	const beforeLogIn = await snapshot();
	const leaving = client();
	await leaving.get('/login');
	// What the store does after a login goes before the reads of the next requests, the second time in any case.
	for (const _ of '12') await leaving.get('/');
	// A large argument would stay in the client's buffer after the key has gone.
	await operator.setrange('ballast', 16 * 2 ** 20, 'x');
	await operator.config('SET', 'maxmemory', '12mb');
	const before = await snapshot();

	for (const path of ['/write?value=2', '/update', '/login', '/regenerate']) {
		t.like(await visitor.get(path), {status: 503, setCookie: []}, path);
		t.like(await visitor.get('/'), {status: 200, body: '{"written":1}'}, path);
		t.like(await client().get('/write?value=1'), {status: 503, setCookie: []});
	}
	t.deepEqual(await snapshot(), before, 'nothing is half-written');

	// Deleting needs no memory, so a logout works when nothing else does, and leaves nothing behind.
	t.is((await leaving.get('/end')).status, 200);
	await eventually(async () => {
		assert.deepEqual(await snapshot(), beforeLogIn, 'nothing of the one who left stays');
	});

	await operator.del('ballast');
	for (const path of ['/write?value=2', '/update', '/login', '/regenerate']) {
		t.is((await visitor.get(path)).status, 200, path);
	}
	t.deepEqual(await storedData(sessions, visitor), {written: 2, number: 1});
	t.is((await visitor.get('/end')).status, 200);
});

test.serial('a client without a listener for its `error` event ends no process', async t => {
	const server = await privateRedis(t);
	const client = new Redis(server.url, {maxRetriesPerRequest: 1, retryStrategy: () => 50});
	t.teardown(() => client.disconnect());
	// ioredis prints them.
	const print = console.error;
	const printed = new Promise<unknown>(resolve => {
		console.error = resolve;
	});
	t.teardown(() => {
		console.error = print;
	});

	for (const store of [new RedisStore(client), server.url]) {
		const app = await start(t, store);
		const visitor = app.client();
		await visitor.get('/write?value=1');
		await server.kill();
		t.is((await visitor.get('/update')).status, 503);
		await server.restart();
		t.is((await app.client().get('/write?value=1')).status, 200);
	}
	t.regex(String(await printed), /Unhandled error event/);
});
