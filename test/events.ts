import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {observe, publish, type SessionEventName} from '../source/events.ts';
import type {SessionOptions} from '../source/index.ts';
import {FilesystemStore} from '../source/stores/filesystem.ts';
import {MemoryStore} from '../source/stores/memory.ts';
import {handleOf} from '../source/tokens/identifier.ts';
import {startBoundApp} from './helpers/device/bound-app.ts';
import {eventNames, recordEvents} from './helpers/events/record-events.ts';
import {type Client, type Route, request, startApp} from './helpers/http/app.ts';
import {makeToken} from './helpers/http/tokens.ts';
import {fakeClock} from './helpers/stores/conforms.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';
import {holdNext, watch} from './helpers/stores/watched-store.ts';

// Every event with all of its payload, as requests cause it. Why the endpoint of devices refuses is in
// `scenarios/device-theft.ts`, and `store-call` is in `observability.ts`. Events are the whole process's, so one test
// at a time.

const route: Route = async ctx => {
	const {session} = ctx;
	if (ctx.path === '/write') session['views'] = Number(session['views'] ?? 0) + 1;
	if (ctx.path === '/regenerate') await session.regenerate();
	if (ctx.path === '/destroy') await session.destroy();
	if (ctx.path === '/null') Object.assign(ctx, {session: null});
	if (ctx.path === '/fail') {
		session['views'] = 99;
		ctx.throw(500);
	}

	if (ctx.path === '/late') {
		ctx.status = 200;
		ctx.flushHeaders();
		session['views'] = Number(session['views'] ?? 0) + 1;
	}

	ctx.body = String(session['views']);
};

/** What events call the session of a client: the first 8 characters of the hash of its id. */
const nameOf = (client: Client): string => handleOf((client.cookies.get('sid') ?? '').slice(0, 43)).slice(0, 8);

/** A client with a session, and the events from then on. */
const start = async (t: ExecutionContext, options: SessionOptions = {}) => {
	const store = watch(new MemoryStore());
	const {client, sessions} = await startApp(t, {store, ...options}, route);
	const events = recordEvents(t);
	const visitor = client();
	await visitor.get('/write');
	const created = events.splice(0);
	return {store, client, sessions, visitor, events, created, name: nameOf(visitor)};
};

const bytesOf = (views: number): number =>
	1 + Buffer.byteLength(JSON.stringify({createdAt: Date.now(), permanent: true, data: {views}}));

test.serial('every event can be observed, until that is over', t => {
	for (const name of eventNames) {
		let heard = 0;
		const stop = observe(name, () => heard++);
		publish(name, () => ({}) as never);
		stop();
		publish(name, () => ({}) as never);
		t.is(heard, 1, name);
	}
});

test.serial('create, load and update tell the session and its size', async t => {
	const {visitor, events, created, name} = await start(t);
	t.regex(name, /^[\w-]{8}$/);
	t.deepEqual(created, [{name: 'create', payload: {session: name, bytes: bytesOf(1)}}]);
	await visitor.get('/write');
	t.deepEqual(events, [
		{name: 'load', payload: {session: name}},
		{name: 'update', payload: {session: name, bytes: bytesOf(2)}},
	]);
});

test.serial('a request that only reads tells that it loaded, and nothing else', async t => {
	const {client, visitor, events, name} = await start(t);
	await client().get('/');
	t.deepEqual(events, []);
	await visitor.get('/');
	t.deepEqual(events, [{name: 'load', payload: {session: name}}]);
});

test.serial('touch tells the new end', async t => {
	const clock = fakeClock(t);
	const {visitor, events, name} = await start(t, {idleTimeout: '1h', touchAfter: '1m'});
	await clock.advance(60_000);
	await visitor.get('/');
	t.deepEqual(events[1], {name: 'touch', payload: {session: name, expiresAt: clock.now() + 3_600_000}});
});

test.serial('destroy tells which session ended, no matter who ended it', async t => {
	for (const end of ['/destroy', '/null'] as const) {
		const {visitor, events, name} = await start(t);
		await visitor.get(end);
		t.deepEqual(events[1], {name: 'destroy', payload: {session: name}}, end);
		t.is(events.length, 2);
	}

	const {sessions, events} = await start(t);
	const {id} = await sessions.create({}, {subject: 'ada'});
	events.length = 0;
	await sessions.revoke('ada');
	await sessions.destroy({id});
	t.deepEqual(events, [{name: 'destroy', payload: {session: handleOf(id).slice(0, 8)}}]);
});

test.serial('regenerate tells both names of the session', async t => {
	const {visitor, events, name} = await start(t);
	await visitor.get('/regenerate');
	const successor = nameOf(visitor);
	t.not(successor, name);
	t.deepEqual(events, [
		{name: 'load', payload: {session: name}},
		{name: 'create', payload: {session: successor, bytes: bytesOf(1)}},
		{name: 'regenerate', payload: {session: name, successor}},
	]);
});

test.serial('adopt tells which session carries on that of another library, after its create', async t => {
	const started = await startApp(t, {store: new MemoryStore()}, async ctx => {
		await started.sessions.adopt(ctx, {cookie: 'old', secret: 'secret', read: async () => ({data: {views: 1}})});
	});
	const events = recordEvents(t);
	const visitor = started.client();
	await visitor.get('/');
	const name = nameOf(visitor);
	t.deepEqual(events, [
		{name: 'create', payload: {session: name, bytes: bytesOf(1)}},
		{name: 'adopt', payload: {session: name}},
	]);
});

test.serial('bind tells each step, and why one is refused', async t => {
	const clock = fakeClock(t);
	const {browser, port} = await startBoundApp(t, {store: new MemoryStore()});
	const events = recordEvents(t, ['bind']);
	const ada = browser();
	for (const path of ['/login/ada', '/reads', '/reads']) await ada.visit(path);
	const {cookie} = ada.steal();
	const session = handleOf(/sid=([^.]+)/.exec(cookie)?.[1] ?? '').slice(0, 8);
	await clock.advance(12 * 60_000);
	const headers = {cookie, 'x-forwarded-proto': 'https'};
	await request(port, '/reads', {headers});
	await request(port, '/.session-key', {method: 'POST', headers});
	t.deepEqual(
		events.map(({payload}) => payload),
		[
			...['offered', 'registered', 'refreshed', 'confirmed'].map(step => ({session, step})),
			{session, step: 'refused', reason: 'unproven'},
			{session: '', step: 'refused', reason: 'proof'},
		],
	);
});

test.serial('conflict tells how often the write was tried; lost tells why changes are dropped', async t => {
	const {store, visitor, events, name} = await start(t);
	for (const [path, expected] of [
		['/write', {name: 'conflict', payload: {session: name, tries: 1}}],
		['/regenerate', {name: 'lost', payload: {session: name, reason: 'moved'}}],
	] as const) {
		const [slow, fast] = [visitor.fork(), visitor.fork()];
		const gate = holdNext(store, 'update');
		const answer = slow.get('/write');
		await gate.reached;
		await fast.get(path);
		events.length = 0;
		gate.open();
		await answer;
		t.true(
			events.some(event => event.name === expected.name),
			path,
		);
		t.deepEqual(
			events.find(event => event.name === expected.name),
			expected,
		);
	}
});

test.serial('lost tells of a session that ended, of a request that failed, and of a store that was down', async t => {
	const {store, visitor, events, name} = await start(t, {onStoreError: 'anonymous'});
	await visitor.get('/fail');
	t.deepEqual(events[1], {name: 'lost', payload: {session: name, reason: 'failed'}});

	events.length = 0;
	store.around = async (operation, call) => {
		if (operation === 'update')
			await store.delete(`session:${handleOf((visitor.cookies.get('sid') ?? '').slice(0, 43))}`);
		return call();
	};
	await visitor.get('/write');
	t.deepEqual(events[1], {name: 'lost', payload: {session: name, reason: 'ended'}});

	events.length = 0;
	const error = new Error('the disk is full');
	store.around = async () => {
		throw error;
	};
	await visitor.get('/write');
	t.deepEqual(events, [
		{name: 'store-error', payload: {session: name, operation: 'read', error}},
		{name: 'lost', payload: {session: '', reason: 'unavailable'}},
	]);
});

test.serial('refused tells why a token was, and undecodable what the codec said, without quoting either', async t => {
	const {store, client, visitor, events, name} = await start(t);
	const id = 'A'.repeat(43);
	for (const [token, reason] of [
		['rubbish', 'malformed'],
		[makeToken({id, key: 'another key'}), 'signature'],
	] as const) {
		events.length = 0;
		await client().get('/', {headers: {cookie: `sid=${token}`}});
		t.deepEqual(events, [{name: 'refused', payload: {reason}}]);
	}

	store.around = async (operation, call) => {
		const answer = await call();
		return operation === 'read' ? {...(answer as object), bytes: Buffer.from('\u0001rubbish')} : answer;
	};
	events.length = 0;
	await visitor.get('/');
	t.deepEqual(events, [{name: 'undecodable', payload: {session: name, error: 'ERR_SESSION_UNDECODABLE'}}]);
});

test.serial('missed tells that a good token names nothing, and why', async t => {
	const {sessions, visitor, events, name} = await start(t);
	const [tab, later] = [visitor.fork(), visitor.fork()];
	await visitor.get('/regenerate');
	events.length = 0;
	await tab.get('/');
	t.deepEqual(events, [{name: 'missed', payload: {session: name, reason: 'moved'}}]);

	const {header, id} = await sessions.create({});
	await sessions.destroy({id});
	events.length = 0;
	await later.get('/', {headers: {cookie: header}});
	await sessions.fromRequest({headers: {cookie: header}, socket: {}} as never);
	const missed = {name: 'missed', payload: {session: handleOf(id).slice(0, 8), reason: 'gone'}};
	t.deepEqual(events, [missed, missed]);
});

test.serial('missed and expired tell of a session that expired; expired tells where records are deleted', async t => {
	const clock = fakeClock(t);
	const {visitor, sessions, events, name} = await start(t, {idleTimeout: '1h'});
	await sessions.create({});
	await sessions.create({});
	await clock.advance(3_600_000);
	events.length = 0;
	await visitor.get('/');
	t.deepEqual(events, [
		{name: 'expired', payload: {count: 1}},
		{name: 'missed', payload: {session: name, reason: 'gone'}},
	]);

	events.length = 0;
	await sessions.prune();
	await sessions.prune();
	t.deepEqual(events, [{name: 'expired', payload: {count: 2}}]);
});

test.serial('a file store tells what it deletes between two calls of prune', async t => {
	const clock = fakeClock(t);
	const store = new FilesystemStore({directory: await temporaryDirectory(t), pruneEvery: 10});
	for (let count = 0; count < 300; count++)
		await store.create(`session:${count}`, {bytes: Buffer.from('1'), expiresAt: clock.now() + 1});
	await clock.advance(1);
	const events = recordEvents(t);
	const expiresAt = clock.now() + 3_600_000;
	for (let count = 0; count < 300 && events.length === 0; count++)
		await store.create(`new:${count}`, {bytes: Buffer.from('1'), expiresAt});
	t.regex(JSON.stringify(events[0]), /^\{"name":"expired","payload":\{"count":(1?\d|20)\}\}$/);
});

test.serial('late-write tells the path', async t => {
	const {client, visitor, events, name} = await start(t);
	await visitor.get('/late');
	t.deepEqual(events.at(-1), {name: 'late-write', payload: {session: name, path: '/late'}});
	events.length = 0;
	await client().get('/late');
	t.deepEqual(events, [
		{name: 'late-write', payload: {session: '', path: '/late'}},
		{name: 'lost', payload: {session: '', reason: 'undeliverable'}},
	]);
});

test.serial('while nobody listens, no payload is even made', t => {
	const names = ['load', 'create', 'lost', 'store-error'] satisfies SessionEventName[];
	for (const name of names) t.notThrows(() => publish(name, () => t.fail() as never));
	const events = recordEvents(t);
	publish('load', () => ({session: 'name'}));
	t.deepEqual(events, [{name: 'load', payload: {session: 'name'}}]);
});

test('a listener that throws fails no request: its error is uncaught, as Node has it', async t => {
	const {stdout} = await promisify(execFile)(process.execPath, ['test/helpers/processes/throwing-listener.ts'], {
		cwd: new URL('..', import.meta.url),
		timeout: 60_000,
	});
	t.deepEqual(JSON.parse(stdout), {
		statuses: [200, 200, 200, 200],
		bodies: ['1', '2', '2', 'undefined'],
		uncaught: ['create', 'load', 'update', 'load', 'create', 'regenerate', 'load', 'destroy'],
	});
});
