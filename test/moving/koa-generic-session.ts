import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import koaGenericSession from 'koa-generic-session';
import koaRedis from 'koa-redis';
import {fromKoaGenericSession, type KoaGenericSessionStore} from '../../source/moving/koa-generic-session.ts';
import {testKeys} from '../helpers/http/app.ts';
import {listed, startNew, startOld} from '../helpers/http/moving.ts';
import {connect, openStore, redisUrl} from '../helpers/stores/redis.ts';

const user = {user: 'ada', cart: {pear: 1}};

/** A visitor who logged in where koa-generic-session and koa-redis serve; and the options that these had. */
const visitor = async (t: ExecutionContext, given: Record<string, unknown> = {}) => {
	const store: KoaGenericSessionStore & {quit(): Promise<unknown>} = koaRedis({url: await redisUrl()});
	t.teardown(() => store.quit());
	const old = {store, prefix: `koa:sess:${randomUUID()}:`, ...given};
	const browser = await startOld(t, app => app.use(koaGenericSession(old)));
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
