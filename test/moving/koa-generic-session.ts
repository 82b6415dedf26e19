import {randomUUID} from 'node:crypto';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import koaGenericSession from 'koa-generic-session';
import koaRedis from 'koa-redis';
import {fromKoaGenericSession, type KoaGenericSessionStore} from '../../source/moving/koa-generic-session.ts';
import {type TestContext, testKeys} from '../helpers/http/app.ts';
import {listed, startNew, startOld} from '../helpers/http/moving.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {connect, openStore, redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

const user = {user: 'ada', cart: {pear: 1}};

/** A store that keeps files, as an application may have one: if a file is missing, it just says so. */
const fileStore = async (t: ExecutionContext) => {
	const directory = await temporaryDirectory(t);
	const pathOf = (key: string) => join(directory, encodeURIComponent(key));
	return {
		get: async (key: string): Promise<unknown> => JSON.parse(await readFile(pathOf(key), 'utf8')),
		set: (key: string, session: unknown) => writeFile(pathOf(key), JSON.stringify(session)),
		destroy: (key: string) => rm(pathOf(key)),
	};
};

/** A visitor who logged in where koa-generic-session and koa-redis serve; and the options that these had. */
const visitor = async (t: ExecutionContext, given: Record<string, unknown> = {}, maxAge?: number) => {
	const store: KoaGenericSessionStore & {quit(): Promise<unknown>} = koaRedis({url: await redisUrl()});
	t.teardown(() => store.quit());
	const old = {store, prefix: `koa:sess:${randomUUID()}:`, ...given};
	const browser = await startOld(t, app => {
		app.use(koaGenericSession(old));
		app.use((ctx, next) => {
			if (maxAge !== undefined) Object.assign((ctx as TestContext).session['cookie'] as object, {maxAge});
			return next();
		});
	});
	await browser.get('/login');
	return {old, browser};
};

for (const [kind, given] of Object.entries({
	'with its defaults': {},
	'with a cookie that browsers forget': {cookie: {maxAge: null}},
	'without a signature': {cookie: {signed: false}},
	'under another name': {key: 'app', rolling: true},
})) {
	test(`a session in koa-redis, ${kind}, moves to ours at its first request`, async t => {
		const {old, browser} = await visitor(t, given);
		const store = openStore(t, await redisUrl());
		const subject = randomUUID();
		const {port, sessions} = await startNew(t, {
			options: {store},
			keys: ['a key that is newer than all of the others', ...testKeys],
			move: sessions => fromKoaGenericSession(sessions, old, {subject: () => subject}),
		});
		const client = browser.fork(port);
		const late = client.fork();

		const {body, setCookie} = await client.get('/');
		t.deepEqual(JSON.parse(body), user);
		t.deepEqual([...client.cookies.keys()], ['sid']);
		const isLasting = setCookie.some(line => line.startsWith('sid=') && /max-age/i.test(line));
		t.is(isLasting, !kind.includes('forget'));
		t.deepEqual(JSON.parse((await late.get('/set/more')).body), {...user, more: true});
		t.is(late.cookie, client.cookie);
		t.is((await browser.get('/')).body, 'nobody');
		t.deepEqual(await connect(t, await redisUrl()).keys(`${old.prefix}*`), []);

		await client.get('/logout');
		t.is((await late.fork(port).get('/')).body, '{}');
		t.deepEqual(await listed(sessions, subject), []);
	});
}

test('neither a forged cookie nor a session that the application refuses is moved', async t => {
	const {old, browser} = await visitor(t);
	const forged = browser.fork();
	forged.cookies.set('koa.sid.sig', 'A'.repeat(27));
	const {port} = await startNew(t, {move: sessions => fromKoaGenericSession(sessions, old)});
	t.is((await forged.fork(port).get('/')).body, '{}');

	const strict = {...old, valid: () => false};
	const refusing = await startNew(t, {move: sessions => fromKoaGenericSession(sessions, strict)});
	t.is((await browser.fork(refusing.port).get('/')).body, '{}');
	t.is((await browser.get('/')).body, 'ada');
});

test('an id that comes from somewhere other than a cookie works too', async t => {
	let id = '';
	const sessionIdStore = {get: () => id, set: (given: string) => (id = given), reset: () => (id = '')};
	const {old, browser} = await visitor(t, {sessionIdStore});
	t.not(id, '');
	const {port} = await startNew(t, {move: sessions => fromKoaGenericSession(sessions, old)});
	t.deepEqual(JSON.parse((await browser.fork(port).get('/')).body), user);
});

test('a missing file is no session, as in koa-generic-session, and any other failure fails the request', async t => {
	const {old, browser} = await visitor(t, {store: await fileStore(t)});
	const failing = {
		...old.store,
		get: async () => {
			throw Object.assign(new Error('down'), {code: 'ECONNREFUSED'});
		},
	};
	const down = await startNew(t, {move: sessions => fromKoaGenericSession(sessions, {...old, store: failing})});
	t.is((await browser.fork(down.port).get('/')).status, 500);

	const {port} = await startNew(t, {move: sessions => fromKoaGenericSession(sessions, old)});
	const client = browser.fork(port);
	const late = client.fork();
	await client.get('/set/more');
	t.deepEqual(JSON.parse((await late.get('/')).body), {...user, more: true}, 'the old file is gone');
	await client.get('/logout');
	const {status, body} = await browser.fork(port).get('/');
	t.deepEqual([status, body], [200, '{}']);
});

test('a session with a `maxAge` of its own keeps it, and the others follow the options', async t => {
	for (const [cookie, maxAge, expected] of [
		[undefined, undefined, undefined],
		[undefined, 2_592_000_000, '2592000'],
		[{maxage: 2_592_000_000}, undefined, undefined],
		[{maxage: 2_592_000_000}, 86_400_000, '86400'],
		[{maxAge: null}, undefined, undefined],
		[{maxAge: null}, 86_400_000, '86400'],
	] as const) {
		const {old, browser} = await visitor(t, {...(cookie && {cookie})}, maxAge);
		const {port} = await startNew(t, {
			options: {idleTimeout: '1h', permanent: false},
			move: sessions => fromKoaGenericSession(sessions, old),
		});
		const {body, setCookie} = await browser.fork(port).get('/');
		t.deepEqual(JSON.parse(body), user);
		const line = setCookie.find(line => line.startsWith('sid='));
		t.regex(line ?? '', /^sid=[\w-]+/);
		t.is(parseSetCookie(line).attributes['Max-Age'], expected, JSON.stringify([cookie, maxAge]));
	}
});

test('wrong options throw at start-up', async t => {
	const store = await fileStore(t);
	const {sessions} = await startNew(t, {move: sessions => fromKoaGenericSession(sessions, {store})});
	for (const [old, message] of [
		[undefined, /`old` to be the options that koa-generic-session had, got `undefined`$/],
		[{key: 'koa.sid'}, /`store` to be the store that the old library had, got `undefined`$/],
		[{store: {get: store.get}}, /`store.destroy` to be a function, got `undefined`$/],
		[{store, cookie: {signed: null}}, /`cookie.signed` to be `true` or `false`, got `null`$/],
		[{store, valid: async () => true}, /`valid` to be a function that is not async/],
	] as const) {
		t.throws(() => fromKoaGenericSession(sessions, old as never), {instanceOf: TypeError, message});
	}
});
