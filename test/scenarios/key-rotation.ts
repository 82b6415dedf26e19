import test, {type ExecutionContext} from 'ava';
import Keygrip from 'keygrip';
import type Koa from 'koa';
import type {SessionOptions} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp, testKeys} from '../helpers/http/app.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// Rule 4.

const newKey = 'a key that came later, of 32 characters or more';

const route: Route = ctx => {
	if (ctx.path === '/write') ctx.session['user'] = 'Ada';
	ctx.body = ctx.path === '/elsewhere' ? '' : JSON.stringify(ctx.session);
};

/** Asserts that the client's token is issued again once, signed by `key`, and is the same session. */
const assertReissued = async (t: ExecutionContext, visitor: Client, key: string): Promise<void> => {
	const id = (visitor.cookies.get('sid') ?? '').slice(0, 43);
	const {body, setCookie} = await visitor.get('/read');
	t.is(body, '{"user":"Ada"}');
	t.is(setCookie.length, 1);
	t.is(parseSetCookie(setCookie[0]).value, makeToken({id, key}));
	t.deepEqual((await visitor.get('/read')).setCookie, [], 'once');
};

onEachStore('a key put before the others in `app.keys` signs from then on', async (t, store) => {
	const keys = [...testKeys];
	const {client} = await startApp(t, {store}, route, app => {
		app.keys = keys;
	});
	const visitor = client();
	await visitor.get('/write');

	keys.unshift(newKey);
	await assertReissued(t, visitor, newKey);
});

onTwoStores('a newer key signs also after the session has got a shorter life', async (t, store) => {
	const keys = [...testKeys];
	const {client} = await startApp(
		t,
		{store},
		ctx => {
			if (ctx.path === '/shorten') ctx.session.absoluteTimeout = '2h';
			return route(ctx);
		},
		app => {
			app.keys = keys;
		},
	);
	const visitor = client();
	await visitor.get('/write');
	await visitor.get('/shorten');

	keys.unshift(newKey);
	await assertReissued(t, visitor, newKey);
});

onTwoStores('and after the application got shorter timeouts', async (t, store) => {
	const before = await startApp(t, {store, idleTimeout: '14d'}, route);
	const visitor = before.client();
	await visitor.get('/write');
	const keys = [...testKeys];
	const {port} = await startApp(t, {store, idleTimeout: '2h', absoluteTimeout: '3h'}, route, app => {
		app.keys = keys;
	});
	const again = visitor.fork(port);
	await again.get('/read');
	await again.get('/read');

	keys.unshift(newKey);
	await assertReissued(t, again, newKey);
});

onTwoStores('a newer key signs also where the route sends the headers before it ends', async (t, store) => {
	const {app, client} = await startApp(t, {store}, ctx => {
		if (ctx.path === '/flush') ctx.flushHeaders();
		return route(ctx);
	});
	const visitor = client();
	await visitor.get('/write');

	app.keys = [newKey, ...testKeys];
	t.is((await visitor.get('/flush')).setCookie.length, 1);
	app.keys = [newKey];
	t.is((await visitor.get('/read')).body, '{"user":"Ada"}');
});

onEachStore('`app.keys` can be assigned on a live server', async (t, store) => {
	const {app, client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');

	app.keys = [newKey, ...testKeys];
	await assertReissued(t, visitor, newKey);

	app.keys = testKeys;
	t.is((await visitor.get('/read')).body, '{}', 'a key that was taken away counts no more');
});

onEachStore('a function is asked for the keys at every request', async (t, store) => {
	let keys: readonly string[] | Keygrip = testKeys;
	const {client} = await startApp(t, {store, keys: () => keys}, route);
	const visitor = client();
	await visitor.get('/write');

	keys = [newKey, ...testKeys];
	await assertReissued(t, visitor, newKey);
	keys = new Keygrip([testKeys[1] ?? '', newKey], 'sha256');
	await assertReissued(t, visitor, testKeys[1] ?? '');
});

onEachStore("an application's own Keygrip is used as it is", async (t, store) => {
	const keys = ['one', 'two'];
	const keygrip = new Keygrip(keys, 'sha512', 'hex');
	for (const options of [{store, keys: keygrip}, {store}] satisfies SessionOptions[]) {
		const {client} = await startApp(t, options, route, app => {
			app.keys = keygrip as unknown as Koa['keys'];
		});
		const visitor = client();
		await visitor.get('/write');
		t.regex(visitor.cookies.get('sid') ?? '', /^[\w-]{43}\.[\da-f]{128}$/);
		t.deepEqual((await visitor.get('/read')).setCookie, []);

		keys.unshift(`key ${keys.length}`);
		const {body, setCookie} = await visitor.get('/read');
		t.is(body, '{"user":"Ada"}');
		t.is(setCookie.length, 1);
		t.deepEqual((await visitor.get('/read')).setCookie, []);
	}
});

test('SHA-256 is used for the same keys that Koa signs its cookies with', async t => {
	const {client} = await startApp(t, {store: new MemoryStore()}, route);
	const visitor = client();
	await visitor.get('/write');
	const [id = '', signature = ''] = (visitor.cookies.get('sid') ?? '').split('.');
	t.is(Buffer.from(signature, 'base64url').length, 32);
	t.is(visitor.cookies.get('sid'), makeToken({id}));
});

test.serial('a cookie that is issued again keeps every attribute and the remaining lifetime', async t => {
	const clock = fakeClock(t);
	const keys = [...testKeys];
	const cookie = {
		name: '__Secure-login',
		path: '/shop',
		domain: 'example.org',
		httpOnly: false,
		secure: true,
		sameSite: 'none',
		partitioned: true,
		priority: 'high',
	} as const;
	const {client} = await startApp(
		t,
		{store: new MemoryStore(), cookie, idleTimeout: '10h', keys: () => keys},
		route,
		app => {
			app.proxy = true;
		},
	);
	const visitor = client();
	const headers = {'x-forwarded-proto': 'https'};
	const first = parseSetCookie((await visitor.get('/write', {headers})).setCookie[0]);

	await clock.advance(30 * 60_000);
	keys.unshift(newKey);
	for (const path of ['/elsewhere', '/read']) {
		const second = parseSetCookie((await visitor.fork().get(path, {headers})).setCookie[0]);
		t.is(second.name, '__Secure-login');
		t.is(first.attributes['Max-Age'], '36000');
		t.deepEqual(second.attributes, {...first.attributes, 'Max-Age': String(36_000 - 1800)});
		t.deepEqual(Object.keys(second.attributes), [
			'Max-Age',
			'Domain',
			'Path',
			'Expires',
			'Secure',
			'Partitioned',
			'Priority',
			'SameSite',
		]);
	}
});

onEachStore('a cookie that ends with the browser still does after it is issued again', async (t, store) => {
	const keys = [...testKeys];
	const {client} = await startApp(t, {store, permanent: false, keys: () => keys}, route);
	const visitor = client();
	await visitor.get('/write');
	keys.unshift(newKey);
	const {attributes} = parseSetCookie((await visitor.get('/read')).setCookie[0]);
	t.deepEqual(attributes, {Path: '/', HttpOnly: true, SameSite: 'Lax'});
});

test('keys that cannot sign fail at start-up, or where a function gives them, and say what to do', async t => {
	const bad = [[], [''], 'a text instead of a list', [1], {}] as unknown as string[][];
	for (const keys of bad) {
		await t.throwsAsync(
			startApp(t, {store: new MemoryStore()}, route, app => {
				app.keys = keys;
			}),
			{code: 'ERR_SESSION_NO_KEYS', message: /app\.keys = /},
		);

		const {client} = await startApp(t, {store: new MemoryStore(), keys: () => keys}, route, app => {
			app.on('error', error => t.is(error.code, 'ERR_SESSION_NO_KEYS'));
		});
		t.is((await client().get('/write')).status, 500);
	}

	t.plan(bad.length * 3);
});

test('while there are no keys, nothing is stored whose token could not be made, and no id is lost', async t => {
	let keys: readonly string[] | undefined = testKeys;
	const store = watch(new MemoryStore());
	const {client} = await startApp(
		t,
		{store, keys: () => keys},
		async ctx => {
			if (ctx.path === '/late') keys = undefined;
			if (ctx.path === '/late') await ctx.session.regenerate();
			ctx.session['user'] ??= 'Ada';
			ctx.body = ctx.session['user'];
		},
		app => app.on('error', error => t.is(error.code, 'ERR_SESSION_NO_KEYS')),
	);
	const visitor = client();
	await visitor.get('/');
	store.calls.length = 0;
	t.is((await visitor.get('/late')).status, 500);
	t.is((await client().get('/')).status, 500);
	t.deepEqual(store.calls, ['read']);

	keys = testKeys;
	t.is((await visitor.get('/')).body, 'Ada');
	t.deepEqual(store.calls, ['read', 'read'], 'under the old id still');
	t.plan(7);
});
