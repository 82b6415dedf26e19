import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import type {Context} from 'koa';
import koaSession, {type CreateSessionOptions} from 'koa-session';
import session from '../../source/index.ts';
import {fromKoaSession} from '../../source/moving/koa-session.ts';
import type {MovingOptions} from '../../source/moving/move.ts';
import type {Store} from '../../source/store.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {testKeys} from '../helpers/http/app.ts';
import {listed, type NewApp, startNew, startOld} from '../helpers/http/moving.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {Barrier, Gate} from '../helpers/order/barrier.ts';
import {openStore, redisUrl} from '../helpers/stores/redis.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// The real koa-session sets the cookies. Then the same browser visits an application with this library.

type OldOptions = CreateSessionOptions & {path?: string};

const user = {user: 'ada', cart: {pear: 1}};

/** A store as an application of koa-session has one. */
class OldStore {
	readonly records = new Map<string, Record<string, unknown>>();
	readonly calls: string[] = [];

	/** Waited for after each read. */
	pause: () => Promise<void> = async () => undefined;

	async get(key: string) {
		this.calls.push('get');
		const record = this.records.get(key);
		await this.pause();
		return record && structuredClone(record);
	}

	async set(key: string, data: Record<string, unknown>) {
		this.records.set(key, structuredClone(data));
	}

	async destroy(key: string) {
		this.calls.push('destroy');
		this.records.delete(key);
	}
}

const visitor = async (t: ExecutionContext, old: OldOptions, path = '/login') => {
	const client = await startOld(t, app => app.use(koaSession({...old}, app)));
	await client.get(path);
	t.true(client.cookies.has(old.key ?? 'koa.sess'));
	return client;
};

const start = (
	t: ExecutionContext,
	old: OldOptions,
	{moving, ...app}: Omit<NewApp, 'move'> & {readonly moving?: MovingOptions} = {},
) => startNew(t, {...app, move: sessions => fromKoaSession(sessions, old, moving)});

const kinds: Readonly<Record<string, () => OldOptions>> = {
	'in a store': () => ({store: new OldStore()}),
	'in the cookie': () => ({}),
	'of a context store': () => {
		const store = new OldStore();
		return {
			ContextStore: class {
				get(key: string) {
					return store.get(key);
				}

				set(key: string, data: Record<string, unknown>) {
					return store.set(key, data);
				}

				destroy(key: string) {
					return store.destroy(key);
				}
			},
		};
	},
	'under a name, a path and a prefix of its own': () => ({
		...{key: 'app', path: '/', prefix: 'app:', rolling: true, maxAge: 60_000},
		store: new OldStore(),
	}),
	'without a signature': () => ({signed: false, store: new OldStore()}),
	'without a signature, in the cookie': () => ({signed: false}),
	'in a cookie of its own encoding': () => ({
		encode: (data: unknown) => encodeURIComponent(JSON.stringify(data)),
		decode: (text: string) => JSON.parse(decodeURIComponent(text)),
	}),
};

for (const [kind, makeOptions] of Object.entries(kinds)) {
	test(`a session ${kind} moves at its first request, and its cookies go`, async t => {
		const old = makeOptions();
		const browser = await visitor(t, old);
		const {port, sessions} = await start(t, old);
		const client = browser.fork(port);

		const first = await client.get('/');
		t.deepEqual(JSON.parse(first.body), user);
		t.deepEqual([...client.cookies.keys()], ['sid']);
		t.regex(String(first.headers.vary), /cookie/i);

		await client.get('/set/more');
		t.deepEqual(JSON.parse((await client.get('/')).body), {...user, more: true});
		t.is((await browser.get('/')).body, old.store || old.ContextStore ? 'nobody' : 'ada');
		await sessions.close();
	});
}

test('a request without an old cookie costs no store call and sets no cookie', async t => {
	const store = new OldStore();
	const {port} = await start(t, {store});
	const client = (await visitor(t, {store})).fork(port);
	client.cookies.clear();
	const {body, setCookie} = await client.get('/');
	t.is(body, '{}');
	t.deepEqual([...setCookie], []);
	await client.get('/set/own');
	await client.get('/');
	t.deepEqual(store.calls, []);
});

test('moving costs two reads and a destroy in the old store, and a create in the new one', async t => {
	const [old, store] = [new OldStore(), watch(new MemoryStore())];
	const browser = await visitor(t, {store: old});
	const {port} = await start(t, {store: old}, {options: {store}});
	await browser.fork(port).get('/');
	t.deepEqual(old.calls, ['get', 'get', 'destroy']);
	t.deepEqual(store.calls, ['create']);
});

test('old cookies verify with older keys too', async t => {
	for (const old of [{store: new OldStore()}, {}]) {
		const browser = await visitor(t, old);
		const {port} = await start(t, old, {keys: ['a key that is newer than all of the others', ...testKeys]});
		const client = browser.fork(port);
		t.deepEqual(JSON.parse((await client.get('/')).body), user);
		t.deepEqual([...client.cookies.keys()], ['sid']);
	}
});

test('a cookie whose signature is wrong, missing or made with an unknown key moves nothing', async t => {
	for (const old of [{store: new OldStore()}, {}]) {
		const browser = await visitor(t, old);
		const calls = old.store?.calls.length;
		const forged = browser.fork();
		forged.cookies.set('koa.sess', `${browser.cookies.get('koa.sess')}A`);
		const tampered = browser.fork();
		tampered.cookies.set('koa.sess.sig', 'A'.repeat(27));
		const unsigned = browser.fork();
		unsigned.cookies.delete('koa.sess.sig');

		const {port, sessions} = await start(t, old);
		for (const client of [forged, tampered, unsigned]) t.is((await client.fork(port).get('/')).body, '{}');
		const other = await start(t, old, {keys: ['a key that never signed any of those cookies']});
		t.is((await browser.fork(other.port).get('/')).body, '{}');
		t.is(old.store?.calls.length, calls);
		t.is(old.store?.records.size, old.store && 1);
		await sessions.close();
	}
});

test('a session that expired, is empty or is refused by the application is not moved', async t => {
	for (const store of [new OldStore(), undefined]) {
		const old: OldOptions = store ? {store} : {};
		const browser = await visitor(t, {...old, maxAge: 1});
		while ((await browser.get('/')).body !== 'nobody');
		const expired = await start(t, old);
		t.is((await browser.fork(expired.port).get('/')).body, '{}');

		const refused = await visitor(t, old);
		const {port} = await start(t, {...old, valid: (_ctx: Context, {user}: {user?: string}) => user !== 'ada'});
		t.is((await refused.fork(port).get('/')).body, '{}');
	}
});

test('a session that ended with the browser still does', async t => {
	for (const old of [{maxAge: 'session', store: new OldStore()}, {maxAge: 'session'}] satisfies OldOptions[]) {
		const browser = await visitor(t, old);
		const {port} = await start(t, old);
		const {setCookie} = await browser.fork(port).get('/');
		const line = setCookie.find(line => line.startsWith('sid='));
		t.regex(line ?? '', /^sid=[\w-]+/);
		t.notRegex(line ?? '', /max-age|expires/i);
	}
});

const crowd = async (t: ExecutionContext, ours: Store) => {
	const parties = 20;
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const subject = randomUUID();
	const {port, sessions} = await start(t, {store}, {options: {store: ours}, moving: {subject: () => subject}});
	const barrier = new Barrier(parties);
	store.pause = () => barrier.wait();

	const tabs = Array.from({length: parties}, () => browser.fork(port));
	const answers = await Promise.all(tabs.map((tab, index) => tab.get(`/set/tab${index}`)));
	t.deepEqual(new Set(answers.map(({status}) => status)), new Set([200]));
	t.is(new Set(tabs.map(({cookie}) => cookie)).size, 1);

	const found = await listed(sessions, subject);
	const changes = Object.fromEntries(tabs.map((_tab, index) => [`tab${index}`, true]));
	t.deepEqual(
		found.map(({data}) => data),
		[{...user, ...changes}],
	);
	t.is(store.records.size, 0);
	t.is(store.calls.filter(call => call === 'destroy').length, 1);
};

test('parallel requests with the old cookie get one session, and lose nothing', async t => {
	await crowd(t, new MemoryStore());
	await crowd(t, openStore(t, await redisUrl()));
});

test('a late request with the old cookie gets the new session', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port} = await start(t, {store});
	const [client, late] = [browser.fork(port), browser.fork(port)];
	await client.get('/set/more');
	t.deepEqual(JSON.parse((await late.get('/')).body), {...user, more: true});
	t.is(late.cookie, client.cookie);
});

test('after a logout the old cookie is worthless', async t => {
	for (const path of ['/', '/logout']) {
		const store = new OldStore();
		const browser = await visitor(t, {store});
		const {port, sessions} = await start(t, {store}, {moving: {subject: ({user}) => user as string}});
		const client = browser.fork(port);
		await client.get(path);
		await client.get('/logout');
		t.is(client.cookie, '');

		const replayed = browser.fork(port);
		t.is((await replayed.get('/')).body, '{}');
		t.is(replayed.cookie, '');
		t.deepEqual(await listed(sessions, 'ada'), []);
	}
});

test('a request that stalled with the old record does not undo a logout', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port, sessions} = await start(t, {store}, {moving: {subject: ({user}) => user as string}});
	const gate = new Gate();
	store.pause = () => gate.pass();
	const stalled = browser.fork(port);
	const answer = stalled.get('/');
	await gate.reached;

	store.pause = async () => undefined;
	const client = browser.fork(port);
	await client.get('/');
	await client.get('/logout');
	gate.open();
	t.is((await answer).body, '{}');
	t.false(stalled.cookies.has('sid'));
	t.deepEqual(await listed(sessions, 'ada'), []);
});

test('a parallel request waits until the old record is destroyed, so that its logout is final', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port, sessions} = await start(t, {store}, {moving: {subject: ({user}) => user as string}});
	const [slow, stalled, leaving] = [browser.fork(port), browser.fork(port), browser.fork(port)];

	const stall = new Gate();
	store.pause = () => stall.pass();
	const stalledAnswer = stalled.get('/');
	await stall.reached;
	store.pause = async () => undefined;

	const ending = new Gate();
	const destroy = store.destroy.bind(store);
	store.destroy = async key => {
		await ending.pass();
		await destroy(key);
	};
	const slowAnswer = slow.get('/');
	await ending.reached;
	// The third party is this test.
	const looks = new Barrier(3);
	store.pause = async () => {
		void looks.wait();
	};
	const leavingAnswer = leaving.get('/logout');
	const first = await Promise.race([looks.wait().then(() => 'looks again'), leavingAnswer.then(() => 'leaves')]);
	t.is(first, 'looks again');
	ending.open();
	await Promise.all([slowAnswer, leavingAnswer]);

	stall.open();
	t.is((await stalledAnswer).body, '{}');
	t.false(stalled.cookies.has('sid'));
	t.deepEqual(await listed(sessions, 'ada'), []);
});

test.serial('an old record that was left over is destroyed by the next request that brings its cookie', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port} = await start(t, {store});
	const {destroy} = store;
	store.destroy = async () => {
		throw new Error('the process ends here');
	};
	await browser.fork(port).get('/');
	store.destroy = destroy;
	await browser.fork(port).get('/');
	t.is(store.records.size, 1, 'its mover may still be at it');

	const {now} = Date;
	t.teardown(() => {
		Date.now = now;
	});
	Date.now = () => now() + 61_000;
	t.deepEqual(JSON.parse((await browser.fork(port).get('/')).body), user);
	Date.now = now;
	t.is(store.records.size, 0);
});

test.serial('each session that moves is reported once', async t => {
	const events = recordEvents(t);
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port} = await start(t, {store});
	await Promise.all([browser.fork(port).get('/'), browser.fork(port).get('/')]);
	t.deepEqual(
		events.filter(({name}) => name === 'adopt').map(({payload}) => Object.keys(payload as object)),
		[['session']],
	);
});

test('if the new store fails, nobody loses their old session', async t => {
	for (const onStoreError of ['throw', 'anonymous'] as const) {
		const old = new OldStore();
		const browser = await visitor(t, {store: old});
		const store = watch(new MemoryStore());
		const {port} = await start(t, {store: old}, {options: {store, onStoreError}});
		const client = browser.fork(port);

		store.around = async () => {
			throw new Error('down');
		};
		t.is((await client.get('/')).status, onStoreError === 'throw' ? 503 : 200);
		t.is(client.cookie, browser.cookie);
		t.is(old.records.size, 1);

		store.around = (_operation, call) => call();
		t.deepEqual(JSON.parse((await client.get('/')).body), user);
		t.is(old.records.size, 0);
	}
});

test("an old record that can't be destroyed is reported, and the session still moves", async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port, errors} = await start(t, {store});
	store.destroy = async () => {
		throw new Error('not now');
	};
	const client = browser.fork(port);
	t.deepEqual(JSON.parse((await client.get('/')).body), user);
	t.deepEqual([...client.cookies.keys()], ['sid']);
	t.deepEqual(
		errors.map(({message}) => message),
		['not now'],
	);
});

test('a failing old store fails the request, and nothing changes', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port} = await start(t, {store});
	store.pause = async () => {
		throw new Error('down');
	};
	const client = browser.fork(port);
	t.is((await client.get('/')).status, 500);
	t.is(client.cookie, browser.cookie);
	store.pause = async () => undefined;
	t.deepEqual(JSON.parse((await client.get('/')).body), user);
});

test('if the handler fails, the session has moved, and the next response expires the old cookies', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port} = await start(t, {store});
	const client = browser.fork(port);
	t.is((await client.get('/fail')).status, 500);
	t.true(client.cookies.has('sid'));
	t.deepEqual(JSON.parse((await client.get('/')).body), user);
	t.deepEqual([...client.cookies.keys()], ['sid']);
});

test('two browsers whose cookies hold the same data get a session each', async t => {
	const browser = await visitor(t, {});
	const {port} = await start(t, {});
	const [one, other] = [browser.fork(port), browser.fork(port)];
	await one.get('/set/secret');
	t.deepEqual(JSON.parse((await other.get('/')).body), user);
	t.not(one.cookie, other.cookie);
});

test('after `until`, an old cookie is ignored and left alone', async t => {
	for (const old of [{store: new OldStore()}, {}]) {
		const browser = await visitor(t, old);
		const {port} = await start(t, old, {moving: {until: new Date(Date.now() - 1)}});
		const {body, setCookie} = await browser.fork(port).get('/');
		t.is(body, '{}');
		t.deepEqual([...setCookie], []);
		const later = await start(t, old, {moving: {until: new Date(Date.now() + 60_000)}});
		t.deepEqual(JSON.parse((await browser.fork(later.port).get('/')).body), user);
	}
});

test('a client with a new token has moved, even if its session has ended', async t => {
	const browser = await visitor(t, {});
	const {port, sessions} = await start(t, {}, {moving: {subject: ({user}) => user as string}});
	const client = browser.fork(port);
	await client.get('/');
	for (const [name, value] of browser.cookies) client.cookies.set(name, value);
	const again = client.fork();
	await again.get('/set/more');
	t.is(again.cookie, `sid=${client.cookies.get('sid')}`);

	await sessions.revoke('ada');
	t.is((await client.get('/')).body, '{}');
	t.is(client.cookie, again.cookie, 'the token of a session that is gone is left alone');
});

test('old data under a reserved name is refused, and moves once `upgrade` renames it', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	for (const record of store.records.values()) Object.assign(record, {id: 7});
	const blunt = await start(t, {store});
	t.is((await browser.fork(blunt.port).get('/')).status, 500);
	t.is((blunt.errors[0] as Error & {code: string}).code, 'ERR_SESSION_RESERVED');
	t.is(store.records.size, 1);

	const {port} = await start(t, {store}, {moving: {upgrade: ({id, ...rest}) => ({...rest, number: id})}});
	t.deepEqual(JSON.parse((await browser.fork(port).get('/')).body), {...user, number: 7});
});

test('`subject` gets the old data, also if `upgrade` changes it in place', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const upgrade = (data: Record<string, unknown>) => {
		data['name'] = data['user'];
		delete data['user'];
		return data;
	};
	const {port, sessions} = await start(t, {store}, {moving: {upgrade, subject: ({user}) => user as string}});
	t.deepEqual(JSON.parse((await browser.fork(port).get('/')).body), {name: 'ada', cart: {pear: 1}});
	t.is((await listed(sessions, 'ada')).length, 1);
});

test("a cookie that `decode` can't read is no session, and stays, since `decode` may be wrong", async t => {
	const browser = await visitor(t, {encode: () => 'neither'});
	for (const [decode, reported] of [
		[undefined, []],
		[(text: string) => JSON.parse(text), []],
		[() => decodeURIComponent('%'), ['URI malformed']],
		[() => undefined, []],
		[() => Promise.resolve({user: 'eve'}), ['Expected `decode()` to be an object, got a promise']],
	] as const) {
		const {port, errors} = await start(t, decode ? {decode} : {});
		const client = browser.fork(port);
		const {status, body} = await client.get('/');
		t.deepEqual([status, body], [200, '{}']);
		t.is(client.cookie, browser.cookie);
		t.deepEqual(
			errors.map(({message}) => message),
			reported,
		);
	}
});

test('a new cookie with the old name is refused', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port, errors} = await start(t, {store}, {options: {cookie: {name: 'koa.sess'}}});
	t.is((await browser.fork(port).get('/')).status, 500);
	t.is((errors[0] as Error & {code: string}).code, 'ERR_SESSION_DUPLICATE');
});

test("a request that can't get a cookie moves nothing", async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const {port} = await start(t, {store}, {options: {cookie: {secure: true}}});
	const client = browser.fork(port);
	t.is((await client.get('/')).body, '{}');
	t.is(client.cookie, browser.cookie);
	t.is(store.records.size, 1);

	const open = await start(t, {store});
	await browser.fork(open.port).get('/', {method: 'OPTIONS'});
	t.is(store.records.size, 1);
});

test('an `externalKey`, such as a header, works too', async t => {
	const store = new OldStore();
	store.records.set('abc', {...user});
	const {port} = await start(t, {store, externalKey: {get: (ctx: Context) => ctx.get('x-key'), set: () => undefined}});
	const client = (await visitor(t, {store}, '/login')).fork(port);
	client.cookies.clear();
	t.is((await client.get('/')).body, '{}');
	t.deepEqual(JSON.parse((await client.get('/', {headers: {'x-key': 'abc'}})).body), user);
	t.deepEqual(JSON.parse((await client.get('/')).body), user);
});

test('without a session before it, it throws; where the session is skipped, it does nothing', async t => {
	const store = new OldStore();
	const browser = await visitor(t, {store});
	const skipping = await start(
		t,
		{store},
		{
			options: {skip: () => true},
			route: ctx => {
				ctx.body = 'none';
			},
		},
	);
	t.is((await browser.fork(skipping.port).get('/')).body, 'none');
	t.is(store.records.size, 1);

	const {errors, port} = await startNew(t, {move: () => fromKoaSession(session(), {store})});
	t.is((await browser.fork(port).get('/')).status, 500);
	t.regex(errors[0]?.message ?? '', /Use `session\(\)` before/);
});

test('wrong options throw at start-up', async t => {
	const {sessions} = await start(t, {});
	t.throws(() => fromKoaSession({} as never), {message: /`sessions.adopt`/});
	t.throws(() => fromKoaSession(sessions, {}, {until: new Date('never')}), {message: /`until` to be a valid `Date`/});
	t.throws(() => fromKoaSession(sessions, {}, {untill: 1} as never), {message: /untill/});
	t.throws(() => fromKoaSession(sessions, {}, {upgrade: 1 as never}), {message: /`upgrade`/});
	t.throws(() => fromKoaSession(sessions, {}, {subject: 1 as never}), {message: /`subject`/});
	for (const [old, message] of [
		[null, /`old` to be the options that koa-session had, got `null`$/],
		[{store: {get: () => undefined}}, /`store.destroy` to be a function, got `undefined`$/],
		[{ContextStore: new OldStore()}, /`ContextStore` to be a function/],
		[{signed: null}, /`signed` to be `true` or `false`, got `null`$/],
		[{decode: async () => ({})}, /`decode` to be a function that is not async/],
		[{valid: async () => true}, /`valid` to be a function that is not async/],
	] as const) {
		t.throws(() => fromKoaSession(sessions, old as never), {instanceOf: TypeError, message});
	}
});

test('a session with a `maxAge` of its own keeps it, and the others follow the options', async t => {
	for (const [maxAge, expected, given] of [
		[2_592_000_000, 2_592_000, {}],
		[86_400_000, 3600, {}],
		[2_592_000_000, 3600, {maxage: 2_592_000_000}],
		[86_400_000, 86_400, {maxage: 2_592_000_000}],
	] as const) {
		const old = {store: new OldStore(), ...given};
		const browser = await startOld(t, app => {
			app.use(koaSession({...old} as OldOptions, app));
			app.use((ctx, next) => {
				(ctx as unknown as {session: {maxAge: number}}).session.maxAge = maxAge;
				return next();
			});
		});
		await browser.get('/login');
		const {port} = await start(t, old, {options: {idleTimeout: '1h', permanent: false}});
		const {body, setCookie} = await browser.fork(port).get('/');
		t.deepEqual(JSON.parse(body), user);
		const attribute = expected === 3600 ? undefined : String(expected);
		const line = setCookie.find(line => line.startsWith('sid='));
		t.regex(line ?? '', /^sid=[\w-]+/);
		t.is(parseSetCookie(line).attributes['Max-Age'], attribute);
	}
});
