import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import Koa from 'koa';
import session, {SessionError, type SessionOptions} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {open} from '../../source/stores/open.ts';
import {RedisStore} from '../../source/stores/redis.ts';
import {Client, listen, type Route, startApp, testKeys} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {keysOf} from '../helpers/stores/keys-of.ts';
import {onEachIndex} from '../helpers/stores/on-each-index.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {connect, redisUrl} from '../helpers/stores/redis.ts';

// What the middleware needs to know, cleans up and closes beside serving requests.

const route: Route = ctx => {
	if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
	ctx.body = String(ctx.session['views']);
};

/** An application that uses an instance made without it. */
const startWithout = async (t: ExecutionContext, options: SessionOptions) => {
	const sessions = session(options);
	const app = new Koa();
	app.keys = testKeys;
	app.silent = true;
	app.use(sessions).use(ctx => route(ctx as never));
	return {sessions, client: new Client(await listen(t, app))};
};

onEachStore(
	'without the application, what needs it says so until the first request, and stores nothing',
	async (t, store) => {
		const {sessions, client} = await startWithout(t, {store, storeTimeout: '30s'});
		const expected = {
			instanceOf: SessionError,
			code: 'ERR_SESSION_UNSUPPORTED',
			message: /Use `session\(app, options\)`/,
		};
		const request = {headers: {cookie: client.cookie}, method: 'GET', url: '/', socket: {}} as never;
		await t.throwsAsync(sessions.create({user: 'Ada'}), expected);
		await t.throwsAsync(sessions.fromRequest(request), expected);
		t.deepEqual(store.calls, []);
		if (store.bySubject) t.deepEqual(await all(sessions.list(randomUUID())), [], 'what does not need it works');
		await sessions.destroy({id: 'none'});

		await client.get('/write');
		t.deepEqual(await storedData(sessions, client), {views: 1});
		client.cookies.set('sid', (await sessions.create({views: 7})).token);
		t.is((await client.get('/write')).body, '8');
	},
);

test('without keys, `create()` stores nothing', async t => {
	const store = new MemoryStore();
	let keys: string[] | undefined = testKeys;
	const {sessions} = await startApp(t, {store, keys: () => keys}, route);
	keys = undefined;
	await t.throwsAsync(sessions.create({}, {subject: 'ada'}), {code: 'ERR_SESSION_NO_KEYS'});
	t.deepEqual(await keysOf(store.bySubject('ada')), []);
});

onEachIndex(
	'two applications share a store by different prefixes, and have nothing to do with each other',
	async (t, store) => {
		const own = randomUUID();
		const subject = randomUUID();
		const [one, two] = [
			await startApp(t, {store, prefix: `${own}:`}, route),
			// A prefix that begins with the other one.
			await startApp(t, {store, prefix: `${own}:a`}, route),
		];
		const [first, second] = [
			await one.sessions.create({n: 1}, {subject}),
			await two.sessions.create({n: 2}, {subject}),
		];
		t.deepEqual(
			(await all(one.sessions.list(subject))).map(({data}) => data),
			[{n: 1}],
		);
		t.deepEqual(
			(await all(two.sessions.list(subject))).map(({data}) => data),
			[{n: 2}],
		);

		const stranger = two.client();
		stranger.cookies.set('sid', first.token);
		t.is(await storedData(two.sessions, stranger), undefined, 'an id is known where it was made');
		await two.sessions.destroy({id: first.id});

		t.is(await one.sessions.revoke(subject), 1);
		t.is(await storedData(one.sessions, {cookie: first.header}), undefined);
		t.deepEqual(await storedData(two.sessions, {cookie: second.header}), {n: 2});
		t.is(await two.sessions.revoke(subject), 1);
	},
);

onEachStore(
	'`prune()` deletes what has expired and tells how much, or 0 where the store does so automatically',
	async (t, store) => {
		const clock = fakeClock(t);
		const {sessions} = await startApp(t, {store, idleTimeout: '1h'}, route);
		for (let count = 0; count < 3; count++) await sessions.create({count});
		t.is(await sessions.prune(), 0);
		await clock.advance(1_800_000);
		const {header} = await sessions.create({count: 3});
		await clock.advance(1_800_000);
		t.is(await sessions.prune(), store.prune ? 3 : 0);
		t.is(await sessions.prune(), 0);
		t.deepEqual(await storedData(sessions, {cookie: header}), {count: 3});
	},
	test.serial,
);

test.serial('`prune()` goes on in steps until nothing is left', async t => {
	const clock = fakeClock(t);
	const store = new MemoryStore();
	const limits: number[] = [];
	const {sessions} = await startApp(
		t,
		{
			store: Object.create(store, {
				...bound(store),
				prune: {value: (limit: number) => limits.push(limit) && store.prune(limit)},
			}),
		},
		route,
	);
	for (let count = 0; count < 1200; count++) await sessions.create({count});
	await clock.advance(90_000_000);
	t.is(await sessions.prune(), 1200);
	t.deepEqual(limits, [500, 500, 500]);
});

/** The methods of a store whose fields are private, for an object that inherits from it. */
const bound = (store: MemoryStore): PropertyDescriptorMap =>
	Object.fromEntries(
		(['create', 'read', 'update', 'touch', 'delete', 'bySubject'] as const).map(name => [
			name,
			{value: store[name].bind(store)},
		]),
	);

test('`close()` closes what was opened here, may be called again, and before anything was opened', async t => {
	const url = await redisUrl();
	const {sessions, client} = await startWithout(t, {store: url, storeTimeout: '30s'});
	await sessions.close();
	await client.get('/write');
	await Promise.all([sessions.close(), sessions.close()]);
	await t.notThrowsAsync(sessions.close());
	t.is((await client.get('/write')).status, 503, 'its store is closed');
});

test('`close()` leaves a store open that the application opened, for others that use it too', async t => {
	const url = await redisUrl();
	for (const store of [await open(url), new RedisStore(url)]) {
		const [one, other] = [
			await startWithout(t, {store, storeTimeout: '30s'}),
			await startWithout(t, {store, storeTimeout: '30s'}),
		];
		for (const {client} of [one, other]) await client.get('/write');
		await one.sessions.close();
		t.is((await other.client.get('/write')).body, '2');
		t.is((await one.client.get('/write')).body, '2', 'and for this one');

		await store.close?.();
		for (const {client} of [one, other]) t.is((await client.get('/write')).status, 503);
	}
});

test('`close()` leaves the client of the application open', async t => {
	const redis = connect(t, await redisUrl());
	const {sessions, client} = await startWithout(t, {store: new RedisStore(redis), storeTimeout: '30s'});
	await client.get('/write');
	await sessions.close();
	await sessions.close();
	t.is(await redis.ping(), 'PONG');
	t.is((await client.get('/write')).body, '2');
});

test('a store that cannot do what is asked says so', async t => {
	const {sessions} = await startApp(t, {}, route);
	const expected = {instanceOf: SessionError, code: 'ERR_SESSION_UNSUPPORTED', message: /no index of subjects/};
	await t.throwsAsync(sessions.revoke('ada'), expected);
	await t.throwsAsync(all(sessions.list('ada')), expected);
	t.is(await sessions.prune(), 0);
	await t.throwsAsync(sessions.create({}), {code: 'ERR_SESSION_NO_STORE'});
	await t.notThrowsAsync(sessions.close());
});
