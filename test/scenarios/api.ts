import {createHash, randomUUID} from 'node:crypto';
import http, {type IncomingMessage} from 'node:http';
import test from 'ava';
import Koa from 'koa';
import session, {codec, type Envelope, json, SessionError} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {header} from '../../source/transports/header.ts';
import {type Route, request, startApp, testKeys} from '../helpers/http/app.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachIndex} from '../helpers/stores/on-each-index.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// What the middleware can do beside serving requests. Logging out everywhere under way is in `revoke.ts`.

/** Shows data, subject and whether the cookie outlives the browser. */
const route: Route = async ctx => {
	if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
	if (ctx.path === '/regenerate') await ctx.session.regenerate();
	const {isNew, permanent, subject} = ctx.session;
	ctx.body = JSON.stringify({data: ctx.session, isNew, permanent, subject});
};

const bare = (headers: Record<string, string>) =>
	({headers, method: 'GET', url: '/', socket: {}}) as unknown as IncomingMessage;

onEachStore('`create()` stores a session once, and its header works at once', async (t, store) => {
	const {client, port, sessions} = await startApp(t, {store}, route);
	const {id, token, header: cookie} = await sessions.create({views: 1}, {subject: 'ada', permanent: false});
	t.deepEqual(store.calls, ['create']);
	t.is(token, makeToken({id}));
	t.is(cookie, `sid=${token}`);
	const {body, setCookie} = await request(port, '/', {headers: {cookie}});
	t.deepEqual(JSON.parse(body), {data: {views: 1}, isNew: false, permanent: false, subject: 'ada'});
	t.deepEqual(setCookie, []);

	const byDefault = client();
	byDefault.cookies.set('sid', (await sessions.create({})).token);
	t.like(JSON.parse((await byDefault.get('/')).body), {data: {}, permanent: true});
	t.like(JSON.parse((await byDefault.get('/write')).body), {data: {views: 1}, isNew: false});
});

onEachStore('`create()` refuses what it cannot keep, before anything is stored', async (t, store) => {
	const {sessions} = await startApp(t, {store}, route);
	for (const [data, options, expected] of [
		[undefined, {}, {instanceOf: TypeError}],
		[[], {}, {instanceOf: TypeError}],
		[{}, {subject: ''}, {instanceOf: TypeError, message: /`subject`/}],
		[{}, {subject: 1}, {instanceOf: TypeError, message: /`subject`/}],
		[{}, {permanent: 'no'}, {instanceOf: TypeError, message: /`permanent`/}],
		[{id: 1}, {}, {code: 'ERR_SESSION_RESERVED'}],
		[{fn: () => 1}, {}, {code: 'ERR_SESSION_NOT_ENCODABLE'}],
	] as const) {
		await t.throwsAsync(sessions.create(data as never, options as never), expected);
	}

	t.deepEqual(store.calls, []);
});

onEachStore('`fromRequest()` reads the session of a bare request, and changes nothing', async (t, store) => {
	const {client, sessions} = await startApp(t, {store, touchAfter: 0}, route);
	const {id, header: cookie} = await sessions.create({user: 'Ada', cart: ['pear']}, {subject: 'ada'});
	store.calls.length = 0;
	const found = await sessions.fromRequest(bare({cookie}));
	t.deepEqual({...found} as object, {user: 'Ada', cart: ['pear']});
	t.like(found, {id, isNew: false, permanent: true, subject: 'ada'});
	t.true((found?.expiresAt.getTime() ?? 0) > Date.now());
	t.deepEqual(store.calls, ['read'], 'not even a touch');

	t.true(Object.isFrozen(found));
	for (const name of ['user', 'other', 'permanent', 'subject', 'id']) {
		t.throws(() => Object.assign(found as object, {[name]: false}), undefined, name);
	}

	t.like(found, {user: 'Ada', permanent: true, subject: 'ada'});
	for (const change of [found?.save(), found?.destroy(), found?.regenerate(), found?.update(() => undefined)]) {
		await t.throwsAsync(change ?? Promise.resolve(), {instanceOf: SessionError, code: 'ERR_SESSION_READ_ONLY'});
	}

	const visitor = client();
	await visitor.get('/write');
	const before = visitor.cookie;
	await visitor.get('/regenerate');
	store.calls.length = 0;
	t.is(await sessions.fromRequest(bare({cookie: before})), undefined, 'the old id of a session that has a new one');
	t.is(
		await sessions.fromRequest(bare({cookie: `sid=${makeToken({id: 'A'.repeat(43)})}`})),
		undefined,
		'an unknown one',
	);
	t.deepEqual(store.calls, ['read', 'read']);

	store.calls.length = 0;
	const forged = makeToken({id, key: 'another key'});
	for (const headers of [{}, {cookie: ''}, {cookie: 'sid=rubbish'}, {cookie: `sid=${forged}`}, {cookie: `sid=${id}`}]) {
		t.is(await sessions.fromRequest(bare(headers as Record<string, string>)), undefined);
	}

	t.deepEqual(store.calls, []);
});

test.serial('`fromRequest()` finds no session that has expired', async t => {
	const clock = fakeClock(t);
	const {sessions} = await startApp(t, {store: new MemoryStore(), idleTimeout: '1h'}, route);
	const {header: cookie} = await sessions.create({user: 'Ada'});
	await clock.advance(3_600_000 - 1);
	t.truthy(await sessions.fromRequest(bare({cookie})));
	await clock.advance(1);
	t.is(await sessions.fromRequest(bare({cookie})), undefined, 'reading did not extend it');
});

test('`fromRequest()` serves a WebSocket upgrade, by whatever carries the token', async t => {
	for (const transport of [undefined, header('x-session')]) {
		const app = new Koa();
		app.keys = testKeys;
		const sessions = session(app, {store: new MemoryStore(), transport});
		const {header: value} = await sessions.create({user: 'Ada'});
		const server = http.createServer(app.callback()).on('upgrade', async (upgrade, socket) => {
			const found = await sessions.fromRequest(upgrade);
			socket.end(`HTTP/1.1 ${found ? 403 : 401} ${found?.['user'] ?? 'nobody'}\r\nConnection: close\r\n\r\n`);
		});
		await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
		t.teardown(() => server.close());
		const {port} = server.address() as {port: number};
		const upgrade = (headers: Record<string, string>) =>
			new Promise<string | undefined>((resolve, reject) => {
				const options = {host: '127.0.0.1', port, headers: {connection: 'Upgrade', upgrade: 'websocket', ...headers}};
				http.get(options, response => resolve(response.resume().statusMessage)).on('error', reject);
			});
		t.is(await upgrade({[transport ? 'x-session' : 'cookie']: value}), 'Ada');
		t.is(await upgrade({}), 'nobody');
	}
});

onEachStore('`isAlive()` tells by one read whether a session lives', async (t, store) => {
	const {client, sessions} = await startApp(t, {store, touchAfter: 0}, route);
	const visitor = client();
	await visitor.get('/write');
	const idOf = () => visitor.cookies.get('sid')?.slice(0, 43) ?? '';
	const id = idOf();
	const handle = createHash('sha256').update(id).digest('base64url');
	store.calls.length = 0;
	t.true(await sessions.isAlive({id}));
	t.true(await sessions.isAlive({handle}));
	t.deepEqual(store.calls, ['read', 'read'], 'and extends nothing');

	await visitor.get('/regenerate');
	t.false(await sessions.isAlive({id}), 'the old id is dead at once');
	t.true(await sessions.isAlive({id: idOf()}));
	await sessions.destroy({id: idOf()});
	t.false(await sessions.isAlive({id: idOf()}));
	t.false(await sessions.isAlive({id: 'A'.repeat(43)}));

	store.calls.length = 0;
	for (const odd of ['', '*', '../..', `${handle}A`]) {
		t.false(await sessions.isAlive({handle: odd}));
	}

	t.deepEqual(store.calls, []);
});

test.serial('`isAlive()` sees the end by time too, to the millisecond', async t => {
	const clock = fakeClock(t);
	const {sessions} = await startApp(t, {store: new MemoryStore(), idleTimeout: '1h'}, route);
	const {id} = await sessions.create({user: 'Ada'});
	await clock.advance(3_600_000 - 1);
	t.true(await sessions.isAlive({id}));
	await clock.advance(1);
	t.false(await sessions.isAlive({id}), 'asking did not extend it');
});

test('`isAlive()` decodes nothing, and says so where the store can’t tell', async t => {
	let passages = 0;
	const counting = codec(json<Envelope>(), function* (stored, context, next) {
		passages++;
		return yield* next(stored, context);
	});
	const store = watch(new MemoryStore());
	const {sessions} = await startApp(t, {store, codec: counting, onStoreError: 'anonymous'}, route);
	const {id} = await sessions.create({user: 'Ada'});
	passages = 0;
	t.true(await sessions.isAlive({id}));
	t.is(passages, 0);

	store.around = async () => {
		throw new Error('the disk is full');
	};
	await t.throwsAsync(sessions.isAlive({id}), {instanceOf: SessionError, code: 'ERR_SESSION_STORE'});
});

test('`create()` logs a test in by one line', async t => {
	const {port, sessions} = await startApp(t, {store: new MemoryStore()}, ctx => {
		ctx.body = `hello ${ctx.session['user']}`;
	});
	const {header: cookie} = await sessions.create({user: 'ada'});
	const answer = await fetch(`http://127.0.0.1:${port}`, {headers: {cookie}});
	t.is(await answer.text(), 'hello ada');
	t.deepEqual(answer.headers.getSetCookie(), []);
});

onEachIndex('`list()` shows a subject’s live sessions by handles that open nothing', async (t, store) => {
	const {sessions} = await startApp(t, {store}, route);
	const subject = randomUUID();
	const startedAt = Date.now();
	const [one, two] = [await sessions.create({n: 1}, {subject}), await sessions.create({n: 2}, {subject})];
	await sessions.create({n: 3}, {subject: `${subject}2`});
	await sessions.create({n: 4});
	const listed = (await all(sessions.list(subject))).toSorted(
		(left, right) => Number(left.data['n']) - Number(right.data['n']),
	);
	t.deepEqual(
		listed.map(({handle, data}) => ({handle, data})),
		[one, two].map(({id}, index) => ({
			handle: createHash('sha256').update(id).digest('base64url'),
			data: {n: index + 1},
		})),
	);
	for (const {handle, createdAt, lastSeenAt, expiresAt} of listed) {
		t.true(createdAt.getTime() >= startedAt && createdAt.getTime() <= Date.now());
		// The clock may tick between the two.
		t.true(lastSeenAt >= createdAt && lastSeenAt.getTime() <= Date.now());
		t.is(expiresAt.getTime(), lastSeenAt.getTime() + 86_400_000);
		t.is(await sessions.fromRequest(bare({cookie: `sid=${makeToken({id: handle})}`})), undefined);
	}
});

onEachIndex('`revoke()` with a handle ends that session alone, and only if it is the subject’s', async (t, store) => {
	const {sessions} = await startApp(t, {store}, route);
	const [ada, eve] = [randomUUID(), randomUUID()];
	for (const subject of [ada, ada, eve]) await sessions.create({user: subject}, {subject});
	const handles = async (subject: string) => (await all(sessions.list(subject))).map(({handle}) => handle);
	const [[lost = '', kept], [others = '']] = [await handles(ada), await handles(eve)];

	t.is(await sessions.revoke(ada, {handle: others}), 0);
	await t.throwsAsync(sessions.revoke(ada, {handle: undefined as never}), {instanceOf: TypeError});
	for (const handle of ['', 'A'.repeat(43), lost.slice(1)]) {
		t.is(await sessions.revoke(ada, {handle}), 0, 'what names none ends none, least of all every one');
	}
	t.deepEqual([(await handles(ada)).length, await handles(eve)], [2, [others]] as unknown[]);

	t.is(await sessions.revoke(ada, {handle: lost}), 1);
	t.is(await sessions.revoke(ada, {handle: lost}), 0);
	t.deepEqual(await handles(ada), [kept]);
});

test('a session tells its handle, in a route, of a bare request, and in a list', async t => {
	const {port, sessions} = await startApp(t, {store: new MemoryStore()}, async ctx => {
		ctx.session.subject = 'ada';
		await ctx.session.save();
		ctx.body = ctx.session.handle;
	});
	const {header: cookie} = await sessions.create({}, {subject: 'ada'});
	const {body: handle} = await request(port, '/', {headers: {cookie}});
	t.is((await sessions.fromRequest(bare({cookie})))?.handle, handle);
	t.deepEqual(
		(await all(sessions.list('ada'))).map(listed => listed.handle),
		[handle],
	);
});

onEachIndex('`destroy()` ends one session, by its id or its handle, and is quiet about any other', async (t, store) => {
	const {port, sessions} = await startApp(t, {store}, route);
	const subject = randomUUID();
	const create = () => sessions.create({user: 'Ada'}, {subject});
	const [one, two, three] = await Promise.all([create(), create(), create()]);
	const {id} = one;
	await sessions.destroy({id});
	const handle = createHash('sha256').update(two.id).digest('base64url');
	await sessions.destroy({handle});
	t.is((await all(sessions.list(subject))).length, 1);
	for (const cookie of [one.header, two.header]) {
		t.like(JSON.parse((await request(port, '/', {headers: {cookie}})).body), {data: {}, isNew: true});
	}

	store.calls.length = 0;
	const odd = ['', '*', '../..', `${handle}A`, handle.slice(1), 'session:*'];
	for (const each of [undefined, 1, {}] as unknown as string[]) {
		await t.throwsAsync(sessions.destroy({handle: each}), {instanceOf: TypeError, message: /`session`/});
	}

	for (const each of odd) await t.notThrowsAsync(sessions.destroy({handle: each}));
	t.deepEqual(store.calls, [], 'a handle of another form costs no store call');
	for (const name of [{handle}, {id}, {id: ''}, {id: 'A'.repeat(43)}]) await t.notThrowsAsync(sessions.destroy(name));
	t.deepEqual(new Set(store.calls), new Set(['read']));
	t.is((await all(sessions.list(subject))).length, 1);
	t.truthy(await sessions.fromRequest(bare({cookie: three.header})));
});

onEachIndex(
	'`revoke()` logs a subject out everywhere, except for the session that it is told to spare',
	async (t, store) => {
		const {sessions} = await startApp(t, {store}, route);
		const subject = randomUUID();
		const [one, , , other] = [
			await sessions.create({}, {subject}),
			await sessions.create({}, {subject}),
			await sessions.create({}, {subject}),
			await sessions.create({}, {subject: `${subject}2`}),
		];
		t.is(await sessions.revoke(subject, {except: one.id}), 2);
		t.is((await all(sessions.list(subject))).length, 1);
		t.is(await sessions.revoke(subject, {except: 'no id'}), 1);
		t.is(await sessions.revoke(subject), 0);
		t.truthy(await sessions.fromRequest(bare({cookie: other.header})), 'others stay');
	},
);

onEachIndex('a session that takes a new id is spared under that, once it is saved', async (t, store) => {
	const subject = randomUUID();
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		await ctx.session.regenerate();
		await ctx.session.save();
		ctx.body = String(await sessions.revoke(subject, {except: ctx.session.id}));
	});
	const [visitor, tab] = [client(), client()];
	const [here, elsewhere] = [await sessions.create({}, {subject}), await sessions.create({}, {subject})];
	for (const each of [visitor, tab]) each.cookies.set('sid', here.token);
	t.is((await visitor.get('/password')).body, '1');
	t.truthy(await sessions.fromRequest(bare({cookie: visitor.cookie})));
	t.is(await sessions.fromRequest(bare({cookie: tab.cookie})), undefined, 'the old id is dead');
	t.is(await sessions.fromRequest(bare({cookie: elsewhere.header})), undefined);
});
