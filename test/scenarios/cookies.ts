import test from 'ava';
import Koa from 'koa';
import session, {type CookieOptions} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Route, startApp, testKeys} from '../helpers/http/app.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

/** Writes at `/write`, shows the session elsewhere; `/forget` and `/remember` say whether it outlives the browser. */
const route: Route = ctx => {
	if (ctx.path === '/write') ctx.session['user'] = 'Ada';
	if (ctx.path === '/forget') ctx.session.permanent = false;
	if (ctx.path === '/remember') ctx.session.permanent = true;
	ctx.body = JSON.stringify(ctx.session);
};

const https = {'x-forwarded-proto': 'https'};

const trustProxy = (app: Koa): void => {
	app.proxy = true;
};

// Rule 6.
test.serial('a cookie carries the remaining lifetime as Max-Age and as Expires, in exactly this form', async t => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store: new MemoryStore(), idleTimeout: '90s'}, route);
	const {setCookie} = await client().get('/write');
	const token = parseSetCookie(setCookie[0]).value;
	const expires = new Date(clock.now() + 90_000).toUTCString();
	t.deepEqual(setCookie, [`sid=${token}; Max-Age=90; Path=/; Expires=${expires}; HttpOnly; SameSite=Lax`]);
	t.regex(token, /^[\w-]{43}\.[\w-]{43}$/);
});

for (const [title, cookie, secure, expected] of [
	['all defaults over HTTP', {}, false, {name: 'sid', Path: '/', HttpOnly: true, SameSite: 'Lax'}],
	['all defaults over HTTPS', {}, true, {name: 'sid', Path: '/', HttpOnly: true, Secure: true, SameSite: 'Lax'}],
	['a name', {name: 'login'}, false, {name: 'login', Path: '/', HttpOnly: true, SameSite: 'Lax'}],
	['a path', {path: '/shop'}, false, {name: 'sid', Path: '/shop', HttpOnly: true, SameSite: 'Lax'}],
	[
		'a domain',
		{domain: 'example.org'},
		false,
		{name: 'sid', Domain: 'example.org', Path: '/', HttpOnly: true, SameSite: 'Lax'},
	],
	['httpOnly: false', {httpOnly: false}, false, {name: 'sid', Path: '/', SameSite: 'Lax'}],
	['secure: true', {secure: true}, true, {name: 'sid', Path: '/', HttpOnly: true, Secure: true, SameSite: 'Lax'}],
	['secure: false over HTTPS', {secure: false}, true, {name: 'sid', Path: '/', HttpOnly: true, SameSite: 'Lax'}],
	['sameSite: strict', {sameSite: 'strict'}, false, {name: 'sid', Path: '/', HttpOnly: true, SameSite: 'Strict'}],
	[
		'sameSite: none',
		{sameSite: 'none'},
		true,
		{name: 'sid', Path: '/', HttpOnly: true, Secure: true, SameSite: 'None'},
	],
	[
		'partitioned',
		{partitioned: true, sameSite: 'none'},
		true,
		{name: 'sid', Path: '/', HttpOnly: true, Secure: true, Partitioned: true, SameSite: 'None'},
	],
	...(['low', 'medium', 'high'] as const).map(
		priority =>
			[
				`priority: ${priority}`,
				{priority},
				false,
				{
					name: 'sid',
					Path: '/',
					HttpOnly: true,
					Priority: `${priority[0]?.toUpperCase()}${priority.slice(1)}`,
					SameSite: 'Lax',
				},
			] as const,
	),
	[
		'a __Host- name',
		{name: '__Host-sid'},
		true,
		{name: '__Host-sid', Path: '/', HttpOnly: true, Secure: true, SameSite: 'Lax'},
	],
] as readonly (readonly [string, CookieOptions, boolean, object])[]) {
	test(`attributes: ${title}`, async t => {
		const {client} = await startApp(t, {store: new MemoryStore(), cookie}, route, trustProxy);
		const headers = secure ? https : {};
		const visitor = client();
		const {setCookie} = await visitor.get('/write', {headers});
		const {name, attributes} = parseSetCookie(setCookie[0]);
		const {'Max-Age': maxAge, Expires: expires, ...others} = attributes;
		t.deepEqual({name, ...others}, expected);
		t.is(maxAge, '86400');
		t.is(typeof expires, 'string');
		t.is((await visitor.get('/read', {headers})).body, '{"user":"Ada"}', 'and what is written is read');
	});
}

onEachStore('a session that is not permanent has neither Max-Age nor Expires', async (t, store) => {
	const {client} = await startApp(t, {store, permanent: false}, route);
	const {setCookie} = await client().get('/write');
	t.deepEqual(parseSetCookie(setCookie[0]).attributes, {Path: '/', HttpOnly: true, SameSite: 'Lax'});
});

onEachStore(
	'`ctx.session.permanent` is kept with the session, and its cookie sent again when it changes',
	async (t, store) => {
		const {client} = await startApp(t, {store}, route);
		const visitor = client();
		t.true('Max-Age' in parseSetCookie((await visitor.get('/write')).setCookie[0]).attributes);
		for (const [path, isPermanent] of [
			['/forget', false],
			['/remember', true],
		] as const) {
			const {attributes} = parseSetCookie((await visitor.get(path)).setCookie[0]);
			t.is('Max-Age' in attributes, isPermanent);
			t.is('Expires' in attributes, isPermanent);
			t.deepEqual((await visitor.get(path)).setCookie, [], 'once');
		}
	},
);

test('a function of the context gives the cookie for each request', async t => {
	const asked: string[] = [];
	const {client, sessions} = await startApp(
		t,
		{
			store: new MemoryStore(),
			cookie(ctx) {
				asked.push(ctx.path);
				return {name: ctx.path.startsWith('/admin') ? 'admin' : 'shop', path: ctx.path, sameSite: 'strict'};
			},
		},
		ctx => {
			if (ctx.query['write']) ctx.session['user'] = 'Ada';
			ctx.body = JSON.stringify(ctx.session);
		},
	);
	const visitor = client();
	const [shop, admin] = [await visitor.get('/a?write=1'), await visitor.get('/admin?write=1')];
	t.like(parseSetCookie(shop.setCookie[0]), {name: 'shop', attributes: {Path: '/a', SameSite: 'Strict'}});
	t.like(parseSetCookie(admin.setCookie[0]), {name: 'admin', attributes: {Path: '/admin', SameSite: 'Strict'}});
	t.deepEqual(asked, ['/a', '/admin'], 'once a request');

	t.is((await visitor.get('/admin')).body, '{"user":"Ada"}');
	const stolen = `shop=${visitor.cookies.get('admin')}`;
	t.is(
		(await client().get('/a', {headers: {cookie: stolen}})).body,
		'{}',
		'a token fits the name that it was made for',
	);
	t.regex((await sessions.create({user: 'Bob'})).header, /^shop=/);
});

test('cookies that others set stay in the response', async t => {
	const {client} = await startApp(t, {store: new MemoryStore()}, async ctx => {
		ctx.cookies.set('theme', 'dark', {signed: false});
		ctx.session['user'] = 'Ada';
		await ctx.session.save();
		ctx.session['user'] = 'Eve';
		await ctx.session.regenerate();
		ctx.append('Set-Cookie', 'sidecar=1');
		ctx.append('Set-Cookie', 'xsid=2');
		ctx.body = '';
	});
	const {setCookie} = await client().get('/');
	t.deepEqual(setCookie.map(line => parseSetCookie(line).name).toSorted(), ['sid', 'sidecar', 'theme', 'xsid']);
});

/** Makes an application with this cookie, as at start-up. */
const start = (cookie: CookieOptions) => () => {
	const app = new Koa();
	app.keys = testKeys;
	return session(app, {cookie});
};

test('a cookie stays below the 4096 bytes that browsers take, however large the session and however long its name', async t => {
	for (const cookie of [{}, {name: 'x'.repeat(3900)}]) {
		const {client} = await startApp(t, {store: new MemoryStore(), cookie}, ctx => {
			if (ctx.path === '/write') ctx.session['text'] = 'x'.repeat(100_000);
			ctx.body = String((ctx.session['text'] as string | undefined)?.length);
		});
		const visitor = client();
		const {name, value} = parseSetCookie((await visitor.get('/write')).setCookie[0]);
		t.is(value.length, 87);
		t.true(name.length + value.length < 4096);
		t.is((await visitor.get('/read')).body, '100000');
	}
});

test('combinations that no browser accepts throw at start-up, and say the way out', t => {
	for (const [cookie, message] of [
		[{sameSite: 'none', secure: false}, /sameSite: 'none'.*cookie\.secure/],
		[{partitioned: true, secure: false}, /cookie\.partitioned.*cookie\.secure/],
		[{name: '__Host-sid', secure: false}, /__Host-.*cookie\.secure/],
		[{name: '__Secure-sid', secure: false}, /__Secure-.*cookie\.secure/],
		[{name: '__host-sid', secure: false}, /cookie\.secure/],
		[{name: '__Host-sid', domain: 'example.org'}, /__Host-.*cookie\.domain/],
		[{name: '__Host-sid', path: '/shop'}, /__Host-.*cookie\.path/],
		[{name: '__HOST-sid', path: '/shop'}, /__Host-.*cookie\.path/],
	] as readonly (readonly [CookieOptions, RegExp])[]) {
		t.throws(start(cookie), {instanceOf: TypeError, message});
		t.throws(() => session({cookie}), {instanceOf: TypeError, message}, 'also without the application');
	}
});

test('attributes that are not valid throw at start-up', t => {
	for (const cookie of [
		{name: ''},
		{name: 'a b'},
		{name: 'sid='},
		{name: 'sid;'},
		{name: 'sïd'},
		{name: 'x'.repeat(3901)},
		{path: ''},
		{path: 'shop'},
		{path: '/a;b'},
		{path: '/a\r\nb'},
		{domain: ''},
		{domain: 'exa mple.org'},
		{domain: 'example.org; Path=/'},
		{httpOnly: 'yes'},
		{secure: 1},
		{sameSite: true},
		{sameSite: 'Lax'},
		{partitioned: 'yes'},
		{priority: 'highest'},
		{maxAge: 1000},
	] as readonly unknown[] as readonly CookieOptions[]) {
		const [name = ''] = Object.keys(cookie);
		t.throws(start(cookie), {instanceOf: TypeError, message: new RegExp(`cookie\\.${name}`)}, JSON.stringify(cookie));
	}

	t.notThrows(start({name: undefined, path: undefined, domain: undefined, priority: undefined}));
});

onEachStore("with `secure: 'auto'`, what browsers take over HTTPS only is sent over HTTPS only", async (t, store) => {
	for (const cookie of [
		{sameSite: 'none'},
		{partitioned: true},
		{name: '__Host-sid'},
		{name: '__Secure-sid'},
	] as const) {
		const {client} = await startApp(t, {store, cookie}, route, trustProxy);
		store.calls.length = 0;
		t.deepEqual((await client().get('/write')).setCookie, []);
		t.deepEqual(store.calls, []);

		const {attributes} = parseSetCookie((await client().get('/write', {headers: https})).setCookie[0]);
		t.true(attributes['Secure']);
	}
});

// Rule 7.
onEachStore('`secure: true` over plain HTTP: no cookie, no record, and never a 500', async (t, store) => {
	const {client} = await startApp(t, {store, cookie: {secure: true}}, route, trustProxy);
	const visitor = client();
	for (const path of ['/write', '/read', '/write']) {
		const {status, setCookie} = await visitor.get(path);
		t.is(status, 200);
		t.deepEqual(setCookie, []);
	}

	t.deepEqual(store.calls, []);

	await visitor.get('/write', {headers: https});
	t.is((await visitor.get('/read')).body, '{"user":"Ada"}', 'a token that comes over plain HTTP is still good');
});

test.serial('`secure: true` over plain HTTP: one warning in the process, that names the fix', async t => {
	const warnings: Error[] = [];
	const emitWarning = process.emitWarning;
	process.emitWarning = ((message: string) => warnings.push(new Error(message))) as typeof process.emitWarning;
	t.teardown(() => {
		process.emitWarning = emitWarning;
	});

	// A copy of the module that has not warned yet, whatever other tests did.
	const {cookie} = (await import(
		`../../source/transports/cookie.ts?${Date.now()}`
	)) as typeof import('../../source/transports/cookie.ts');
	for (const transport of [cookie({secure: true}), cookie({name: '__Host-sid'})]) {
		const {client} = await startApp(t, {store: new MemoryStore(), transport}, route);
		for (let requests = 0; requests < 3; requests++) await client().get('/write');
	}

	t.is(warnings.length, 1);
	t.regex(warnings[0]?.message ?? '', /app\.proxy = true/);
});
