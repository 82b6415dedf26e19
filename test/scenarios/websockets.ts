import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import http, {type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {createInterface} from 'node:readline';
import test, {type ExecutionContext} from 'ava';
import Koa from 'koa';
import {WebSocket, WebSocketServer} from 'ws';
import session, {type ReadOptions, type SessionOptions} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {cookie} from '../../source/transports/cookie.ts';
import {header} from '../../source/transports/header.ts';
import {exampleOf, replaced, writeExamples} from '../helpers/docs/page.ts';
import {Client, request, testKeys} from '../helpers/http/app.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// Sessions of WebSockets, over real ones.

/** How the server answered an upgrade: with a socket, or as it refused. */
type Upgraded = {readonly response: IncomingMessage; readonly socket: WebSocket; hello(): Promise<string>};

const connect = async (url: string, headers: Record<string, string>): Promise<Upgraded> => {
	const socket = new WebSocket(url, {headers});
	socket.on('error', () => undefined);
	const message = once(socket, 'message');
	const response = await new Promise<IncomingMessage>((resolve, reject) => {
		socket.once('upgrade', resolve);
		socket.once('unexpected-response', (_request, refusal) => resolve(refusal));
		socket.once('error', reject);
	});
	return {response, socket, hello: async () => String((await message)[0])};
};

/** A server that greets each socket by its session, and says on which terms it read it. */
const startSockets = async (t: ExecutionContext, options: SessionOptions = {}) => {
	const app = new Koa();
	app.keys = testKeys;
	const store = watch(new MemoryStore());
	const sessions = session(app, {store, touchAfter: 0, storeTimeout: '30s', ...options});
	const sockets = new WebSocketServer({noServer: true});
	const server = http.createServer(app.use(sessions).callback());
	server.on('upgrade', async (upgrade, socket, head) => {
		const found = await sessions.fromRequest(upgrade);
		if (!found) socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
		else sockets.handleUpgrade(upgrade, socket, head, opened => opened.send(String(found['user'])));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		for (const socket of sockets.clients) socket.terminate();
		server.closeAllConnections();
		server.close();
	});
	const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return {store, sessions, upgrade: (headers: Record<string, string> = {}) => connect(url, headers)};
};

const greets = async (t: ExecutionContext, upgraded: Promise<Upgraded>, user: string): Promise<void> => {
	const {response, hello} = await upgraded;
	t.is(response.statusCode, 101);
	t.deepEqual([response.headers['set-cookie'], response.headers['vary']], [undefined, undefined]);
	t.is(await hello(), user);
};

const refuses = async (t: ExecutionContext, upgraded: Promise<Upgraded>): Promise<void> => {
	const {response} = await upgraded;
	t.is(response.statusCode, 401);
	t.is(response.headers['set-cookie'], undefined);
};

test('a socket reads its session once, and nothing is created, extended or sent', async t => {
	const {store, sessions, upgrade} = await startSockets(t);
	const {id} = await sessions.create({user: 'ada'}, {subject: 'ada'});
	for (const key of testKeys) {
		store.calls.length = 0;
		await greets(t, upgrade({cookie: `sid=${makeToken({id, key})}`}), 'ada');
		t.deepEqual(store.calls, ['read'], 'also by an older key, whose token a route would issue again');
	}

	store.calls.length = 0;
	const token = makeToken({id});
	for (const headers of [
		{},
		{cookie: 'sid='},
		{cookie: `sid=${token.slice(0, -1)}`},
		{cookie: `sid=${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`},
	]) {
		await refuses(t, upgrade(headers as Record<string, string>));
	}

	t.deepEqual(store.calls, [], 'a token that was tampered with costs no store call');
	await refuses(t, upgrade({cookie: `sid=${makeToken({id: 'A'.repeat(43)})}`}));
	t.deepEqual(store.calls, ['read']);
	await greets(t, upgrade({cookie: `sid=rubbish; sid=${makeToken({id: 'A'.repeat(43)})}; sid=${token}`}), 'ada');

	await sessions.revoke('ada');
	await refuses(t, upgrade({cookie: `sid=${token}`}));
});

test.serial('a socket finds no session that has expired, and opening one is no use of it', async t => {
	const clock = fakeClock(t);
	const {sessions, upgrade} = await startSockets(t, {idleTimeout: '1h'});
	const {header: cookies} = await sessions.create({user: 'ada'});
	await clock.advance(3_600_000 - 1);
	await greets(t, upgrade({cookie: cookies}), 'ada');
	await clock.advance(1);
	await refuses(t, upgrade({cookie: cookies}));
});

test('a program’s socket brings its session by a header, or by any way of a list', async t => {
	for (const transport of [header('x-session'), [cookie(), header('x-session')]]) {
		const {sessions, upgrade} = await startSockets(t, {transport});
		const {id} = await sessions.create({user: 'ada'});
		await greets(t, upgrade({'x-session': makeToken({id, name: 'x-session'})}), 'ada');
		await refuses(t, upgrade({'x-session': makeToken({id})}));
		const byCookie = upgrade({cookie: `sid=${makeToken({id})}`});
		await (Array.isArray(transport) ? greets(t, byCookie, 'ada') : refuses(t, byCookie));
	}
});

// The program of docs/websockets.md, in processes of its own.

const origin = 'http://localhost:3000';
const never = 600_000;

/** Starts the page's program on a store that other processes share. */
const startPage = async (t: ExecutionContext, store: string, longest: number): Promise<Page> => {
	const code = exampleOf('websockets.md', 'WebSocketServer');
	const told = `${replaced(code, {'10_000': String(longest)})}
server.on('listening', () => console.log((server.address() as {port: number}).port));`;
	const at = await writeExamples(t, {'program.ts': told});
	const child = spawn(process.execPath, [at('program.ts')], {
		env: {...process.env, PORT: '0', STORE: store},
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.teardown(() => end(child));
	for await (const line of createInterface({input: child.stdout})) return {port: Number(line), child};
	throw new Error('Expected the program of the page to tell its port, but it ended');
};

type Page = {readonly port: number; readonly child: ChildProcess};

const end = async (child: ChildProcess): Promise<void> => {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const exit = once(child, 'exit');
	child.kill('SIGKILL');
	await exit;
};

/** A visitor who logged in and has a socket open. */
const visit = async (port: number) => {
	const visitor = new Client(port);
	await visitor.get('/login');
	const {socket} = await connect(`ws://127.0.0.1:${port}`, {cookie: visitor.cookie, origin});
	return {visitor, socket, closed: once(socket, 'close').then(([code]) => code as number)};
};

const echo = async (socket: WebSocket, text: string): Promise<string> => {
	const message = once(socket, 'message');
	socket.send(text);
	return String((await message)[0]);
};

test('a logout closes the sockets of its session: at once in its process, soon in another', async t => {
	const store = `file:${await temporaryDirectory(t)}`;
	const [here, there] = [await startPage(t, store, never), await startPage(t, store, 1000)];
	const [one, two, other] = [await visit(here.port), await visit(here.port), await visit(there.port)];
	t.is(await echo(one.socket, 'hi'), 'ada: hi');
	t.is(await echo(one.socket, 'hello'), 'ada: hello');
	t.is((await one.visitor.get('/')).body, 'ada, messages: 2', 'the socket writes to its session');

	await one.visitor.get('/logout');
	t.is(await one.closed, 4401);

	const before = two.visitor.cookie;
	await two.visitor.get('/login');
	t.is(await two.closed, 4401, 'a new id ends what the old one was let in for');
	const again = await connect(`ws://127.0.0.1:${here.port}`, {cookie: two.visitor.cookie, origin});
	t.is(await echo(again.socket, 'hi'), 'ada: hi');
	const {response} = await connect(`ws://127.0.0.1:${here.port}`, {cookie: before, origin});
	t.is(response.statusCode, 401);

	const bystander = await visit(there.port);
	await request(here.port, '/logout', {headers: {cookie: other.visitor.cookie}});
	t.is(await other.closed, 4401, 'the other process asked the store');
	t.is(await echo(bystander.socket, 'hi'), 'ada: hi');
	t.is(await echo(again.socket, 'hi'), 'ada: hi');
});

test('a page of another origin opens no socket, with whatever cookie', async t => {
	const {port} = await startPage(t, 'memory:', never);
	const {visitor} = await visit(port);
	const {cookie: cookies} = visitor;
	for (const foreign of ['https://evil.example', `${origin}.evil.example`, 'null', 'http://localhost:3001', '']) {
		const {response} = await connect(`ws://127.0.0.1:${port}`, {cookie: cookies, origin: foreign});
		t.is(response.statusCode, 401, foreign);
	}

	const {response} = await connect(`ws://127.0.0.1:${port}`, {cookie: cookies});
	t.is(response.statusCode, 401, 'none at all');
	const anonymous = await connect(`ws://127.0.0.1:${port}`, {origin});
	t.is(anonymous.response.statusCode, 401, 'our page without a session');
});

test('a socket asks the store itself for its session, not a copy nearby', async t => {
	const reads: unknown[] = [];
	class Noting extends MemoryStore {
		override read(key: string, options?: ReadOptions) {
			reads.push(options?.mayBeOld ?? false);
			return super.read(key);
		}
	}
	const app = new Koa();
	app.keys = testKeys;
	const sessions = session(app, {store: new Noting()});
	const {header} = await sessions.create({user: 'ada'});
	const request = {headers: {cookie: header}, method: 'GET', url: '/', socket: {}} as unknown as IncomingMessage;
	t.is((await sessions.fromRequest(request))?.['user'], 'ada');
	t.deepEqual(reads, [false]);
});
