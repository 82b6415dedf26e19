import {createHmac} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import expressSession from 'express-session';
import {fromExpressSession} from '../../source/moving/express-session.ts';
import {Client} from '../helpers/http/app.ts';
import {oldRoute, startNew} from '../helpers/http/moving.ts';
import {Barrier} from '../helpers/order/barrier.ts';
import {storeWithoutServer} from '../helpers/stores/express.ts';

const user = {user: 'ada', cart: {pear: 1}};
const secret = ['the newest old secret', 'the one before it'];

/** A visitor who logged in where express-session serves, without Express, which it doesn't need. */
const visitor = async (t: ExecutionContext, given: expressSession.SessionOptions) => {
	const serve = expressSession({resave: false, saveUninitialized: false, ...given});
	const server = createServer((request, response) => {
		serve(request as never, response as never, () => {
			const {session} = request as unknown as {session: Record<string, unknown>};
			response.end(oldRoute(session, request.url ?? ''));
		});
	}).listen(0, '127.0.0.1');
	t.teardown(() => server.close());
	await once(server, 'listening');
	const browser = new Client((server.address() as AddressInfo).port);
	await browser.get('/login');
	return browser;
};

for (const maxAge of [undefined, 60_000]) {
	test(`a session of Express moves to Koa, where its cookie lasts ${maxAge ?? 'as long as the browser'}`, async t => {
		const store = new expressSession.MemoryStore();
		const options = {store, secret, cookie: {...(maxAge !== undefined && {maxAge})}};
		const browser = await visitor(t, {...options, secret: secret.slice(1)});
		const {port} = await startNew(t, {move: sessions => fromExpressSession(sessions, options)});
		const client = browser.fork(port);
		const late = client.fork();

		const {body, setCookie} = await client.get('/');
		t.deepEqual(JSON.parse(body), user);
		t.deepEqual([...client.cookies.keys()], ['sid']);
		t.is(
			setCookie.some(line => line.startsWith('sid=') && /max-age/i.test(line)),
			maxAge !== undefined,
		);
		await late.get('/set/more');
		t.is(late.cookie, client.cookie);
		t.is((await browser.get('/')).body, 'nobody');

		await client.get('/logout');
		t.is((await browser.fork(port).get('/')).body, '{}');
	});
}

test('copies of one cookie, encoded or signed in other ways, move into one session, which one logout ends', async t => {
	const store = new expressSession.MemoryStore();
	const browser = await visitor(t, {store, secret: secret.slice(1)});
	const value = decodeURIComponent(browser.cookies.get('connect.sid') ?? '');
	const id = value.slice(2, value.lastIndexOf('.'));
	const signed = (key: string) => createHmac('sha256', key).update(id).digest('base64').replace(/=+$/, '');
	const copies = [
		encodeURIComponent(value),
		value,
		`s:%${value.charCodeAt(2).toString(16)}${value.slice(3)}`,
		encodeURIComponent(`s:${id}.${signed(secret[0] ?? '')}`),
	];

	// All of them read the old session before the first of them ends it.
	const barrier = new Barrier(copies.length);
	const get = store.get.bind(store);
	store.get = (sid, done) => get(sid, (error, found) => void barrier.wait().then(() => done(error, found)));
	const {port} = await startNew(t, {move: sessions => fromExpressSession(sessions, {store, secret})});
	const clients = copies.map(copy => {
		const client = browser.fork(port);
		client.cookies.set('connect.sid', copy);
		return client;
	});
	for (const {body} of await Promise.all(clients.map(client => client.get('/')))) t.deepEqual(JSON.parse(body), user);
	t.is(new Set(clients.map(client => client.cookie)).size, 1);

	await clients[0]?.get('/logout');
	for (const client of clients) t.is((await client.get('/')).body, '{}');
});

test('a forged cookie of Express moves nothing', async t => {
	const store = new expressSession.MemoryStore();
	const browser = await visitor(t, {store, secret});
	const {port} = await startNew(t, {move: sessions => fromExpressSession(sessions, {store, secret})});
	const value = browser.cookies.get('connect.sid') ?? '';
	for (const forged of [
		`${value}A`,
		value.replace('s%3A', 's%3AA'),
		value.replace('s%3A', ''),
		's%3A.',
		'%',
		's%3A%.a',
	]) {
		const client = browser.fork(port);
		client.cookies.set('connect.sid', forged);
		t.is((await client.get('/')).body, '{}');
	}
	t.deepEqual(JSON.parse((await browser.fork(port).get('/')).body), user);
});

test('a failing Express store fails the request, except for a missing file', async t => {
	for (const [code, status] of [
		['ENOENT', 200],
		['ECONNREFUSED', 500],
	] as const) {
		const store = new expressSession.MemoryStore();
		const browser = await visitor(t, {store, secret});
		store.get = (_id, done) => done(Object.assign(new Error(code), {code}));
		const {port} = await startNew(t, {move: sessions => fromExpressSession(sessions, {store, secret})});
		t.is((await browser.fork(port).get('/')).status, status);
	}
});

test('a server whose socket is missing fails the request, and the old cookie lives on', async t => {
	const store = new expressSession.MemoryStore();
	const browser = await visitor(t, {store, secret});
	const down = storeWithoutServer(t);
	const current = {get: down.get, destroy: down.destroy};
	const {port} = await startNew(t, {move: sessions => fromExpressSession(sessions, {store: current, secret})});
	const client = browser.fork(port);
	const {status, setCookie} = await client.get('/');
	t.is(status, 500);
	t.deepEqual(setCookie, []);

	Object.assign(current, {get: store.get.bind(store), destroy: store.destroy.bind(store)});
	t.deepEqual(JSON.parse((await client.get('/')).body), user);
});

test('"remember me" of Express moves, beyond the absolute timeout of the options too', async t => {
	const store = new expressSession.MemoryStore();
	const options = {store, secret};
	const remembered = {...options, cookie: {maxAge: 2_592_000_000}};
	const browser = await visitor(t, remembered);
	const {port} = await startNew(t, {move: sessions => fromExpressSession(sessions, options)});
	const {setCookie} = await browser.fork(port).get('/');
	t.true(setCookie.some(line => /^sid=.*Max-Age=2592000/.test(line)));

	const usual = await visitor(t, remembered);
	const {port: other} = await startNew(t, {move: sessions => fromExpressSession(sessions, remembered)});
	const {setCookie: shorter} = await usual.fork(other).get('/');
	t.true(
		shorter.some(line => /^sid=.*Max-Age=86400/.test(line)),
		'what all sessions had follows the options',
	);
});

test('the options that express-session takes move its sessions, whatever their form', async t => {
	for (const options of [
		{cookie: {sameSite: 'auto', secure: 'auto'}},
		{cookie: {sameSite: true}},
		{cookie: {sameSite: false, partitioned: false}},
		{cookie: () => ({path: '/', maxAge: 60_000})},
		{key: 'old.sid'},
		{name: '', key: 'old.sid'},
	] as const) {
		const store = new expressSession.MemoryStore();
		const browser = await visitor(t, {store, secret, ...(options as object)});
		const {port, errors} = await startNew(t, {
			move: sessions => fromExpressSession(sessions, {store, secret, ...options}),
		});
		const client = browser.fork(port);
		const copy = client.fork();
		t.deepEqual(JSON.parse((await client.get('/')).body), user, JSON.stringify(options));
		t.deepEqual([...client.cookies.keys()], ['sid'], 'the old cookie is expired');
		t.is((await copy.get('/')).status, 200, 'and so is a copy that comes later');
		t.deepEqual(errors, []);
	}
});

test('wrong options of express-session throw at start-up', async t => {
	const store = new expressSession.MemoryStore();
	const {sessions} = await startNew(t, {move: sessions => fromExpressSession(sessions, {store, secret})});
	for (const [old, message] of [
		[undefined, /`old` to be the options that express-session had, got `undefined`$/],
		[{store}, /`secret` to be the secret that express-session had, or a list of them.*, got `undefined`$/],
		[{store, secret: ''}, /`secret` .* got a string$/],
		[{store, secret: []}, /`secret` .* got a list$/],
		[{store, secret: ['s3cret', undefined]}, /`secret` .* got a list$/],
		[{secret}, /`store` to be the store that the old library had, got `undefined`$/],
		[{secret, store: {get: () => undefined}}, /`store.destroy` to be a function, got `undefined`$/],
	] as const) {
		t.throws(() => fromExpressSession(sessions, old as never), {instanceOf: TypeError, message});
	}
	t.notThrows(() => fromExpressSession(sessions, {store, secret: Buffer.from('s3cret')}));
});

test('a value that no cookie can have fails no request that brings an old cookie', async t => {
	const store = new expressSession.MemoryStore();
	const browser = await visitor(t, {store, secret});
	const cookie = {sameSite: 'auto ', maxAge: 'a day'};
	const {port} = await startNew(t, {move: sessions => fromExpressSession(sessions, {store, secret, cookie})});
	t.deepEqual(JSON.parse((await browser.fork(port).get('/')).body), user);
});
