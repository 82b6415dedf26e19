import {inspect} from 'node:util';
import test from 'ava';
import type {Context} from 'koa';
import {MemoryStore} from '../../source/stores/memory.ts';
import {header} from '../../source/transports/header.ts';
import {type Route, request, startApp, type TestContext} from '../helpers/http/app.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// Rule 9.

/** Every way to touch a session without changing it. */
const looks: Readonly<Record<string, (ctx: TestContext) => unknown>> = {
	get: ctx => ctx.session['user'],
	has: ctx => 'user' in ctx.session,
	hasOwn: ctx => Object.hasOwn(ctx.session, 'user'),
	keys: ctx => Object.keys(ctx.session),
	entries: ctx => Object.entries(ctx.session),
	spread: ctx => ({...ctx.session}),
	stringify: ctx => JSON.stringify(ctx.session),
	truth: ctx => Boolean(ctx.session),
	id: ctx => ctx.session.id,
	isNew: ctx => ctx.session.isNew,
	expiresAt: ctx => ctx.session.expiresAt,
	subject: ctx => ctx.session.subject,
	save: ctx => ctx.session.save(),
	destructuring({session}) {
		return session;
	},
};

const route: Route = async ctx => {
	const look = looks[ctx.path.slice(1)];
	if (look) await look(ctx);
	if (ctx.path === '/write') ctx.session['user'] = 'Ada';
	if (ctx.path === '/own-cache') {
		ctx.session['user'] = 'Eve';
		ctx.set('Cache-Control', 'private, max-age=60');
	}

	if (ctx.path === '/own-vary') {
		ctx.session['user'];
		ctx.set('Vary', 'Accept-Encoding');
	}

	if (ctx.path === '/other-vary') {
		ctx.set('Vary', 'Accept-Encoding');
		ctx.session['user'];
	}

	ctx.body = ctx.path;
};

onEachStore('a route that touches the session in any way says so by `Vary: Cookie`', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	for (const look of Object.keys(looks)) {
		for (const someone of [client(), visitor]) {
			const {headers, setCookie} = await someone.get(`/${look}`);
			t.is(headers.vary, 'Cookie', look);
			t.is(headers['cache-control'], undefined, 'without a cookie, caching is the application’s affair');
			t.deepEqual(setCookie, []);
		}
	}
});

test('a route that reads the session by `fromRequest()` says so too, also where `skip` leaves out the session', async t => {
	const options = {store: new MemoryStore(), skip: (ctx: Context) => ctx.path === '/skipped'};
	const {client, sessions, port} = await startApp(t, options, async ctx => {
		if (ctx.path === '/write') ctx.session['user'] = 'Ada';
		if (ctx.path === '/fail') ctx.set('Vary', 'Accept');
		if (ctx.path !== '/write' && ctx.path !== '/elsewhere') {
			const found = await sessions.fromRequest(ctx.req);
			ctx.body = String(found?.['user']);
		}

		if (ctx.path === '/fail') ctx.throw(404);
		if (ctx.path === '/inspect')
			ctx.body = inspect(ctx.req, {showHidden: true}).replaceAll('[', '').replaceAll(']', '');
	});
	const visitor = client();
	await visitor.get('/write');
	for (const path of ['/', '/skipped']) {
		t.like(await visitor.get(path), {body: 'Ada', setCookie: [], headers: {vary: 'Cookie'}}, path);
		t.is((await request(port, path)).headers.vary, 'Cookie', path);
	}

	t.is((await visitor.get('/fail')).headers.vary, 'Cookie', 'also after an error, which removes all headers');
	t.is((await visitor.get('/elsewhere')).headers.vary, undefined);
	t.true((await visitor.get('/inspect')).body.includes('Symbol(koa-server-session): ServedRequest {}'));
});

onEachStore('a route that replaces or ends the session without looking at it says so too', async (t, store) => {
	const {client} = await startApp(t, {store}, ctx => {
		Object.assign(ctx, {session: ctx.path === '/null' ? null : {}});
		ctx.body = '';
	});
	const {client: writer} = await startApp(t, {store}, route);
	const visitor = writer();
	await visitor.get('/write');
	for (const path of ['/empty', '/null']) {
		t.is((await client().get(path)).headers.vary, 'Cookie', path);
		const headers = {cookie: visitor.cookie};
		t.is((await client().get(path, {headers})).headers.vary, 'Cookie', path);
	}
});

onEachStore('a response that never looked at the session says nothing of it', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	for (const someone of [client(), visitor]) {
		const {headers} = await someone.get('/elsewhere');
		t.is(headers.vary, undefined);
		t.is(headers['cache-control'], undefined);
	}
});

test('`Vary` joins what the application set, before or after', async t => {
	const {client} = await startApp(t, {store: new MemoryStore()}, route);
	for (const path of ['/own-vary', '/other-vary']) {
		t.is((await client().get(path)).headers.vary, 'Accept-Encoding, Cookie', path);
	}
});

onEachStore(
	'a response that brings a cookie keeps it out of shared caches, unless the application decided',
	async (t, store) => {
		const {client} = await startApp(t, {store}, route);
		const written = await client().get('/write');
		t.is(written.headers['cache-control'], 'no-cache="Set-Cookie"');
		t.is(written.headers.vary, 'Cookie');

		const own = await client().get('/own-cache');
		t.is(own.setCookie.length, 1);
		t.is(own.headers['cache-control'], 'private, max-age=60');
	},
);

onEachStore('the header transport varies on its header and guards that', async (t, store) => {
	const {client} = await startApp(t, {store, transport: header('X-Session')}, route);
	const written = await client().get('/write');
	t.deepEqual(written.setCookie, []);
	t.is(written.headers.vary, 'x-session');
	t.is(written.headers['cache-control'], 'no-cache="x-session"');

	const token = String(written.headers['x-session']);
	t.regex(token, /^[\w-]{43}\.[\w-]{43}$/);
	const read = await client().get('/get', {headers: {'x-session': token}});
	t.is(read.headers.vary, 'x-session');
	t.is(read.headers['x-session'], undefined);
	t.is(read.headers['cache-control'], undefined);
});

onEachStore(
	'the header transport clears its header when the session is ended, and not when it is gone',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store, transport: header('x-session')}, async ctx => {
			if (ctx.path === '/destroy') await ctx.session.destroy();
			ctx.body = String(ctx.session['user']);
		});
		const gone = await sessions.create({user: 'Ada'});
		t.is(gone.header, gone.token, 'what a client sends is the bare token');
		await sessions.destroy({id: gone.id});
		const {headers} = await client().get('/get', {headers: {'x-session': gone.token}});
		t.is(headers['x-session'], undefined);
		t.is(headers['cache-control'], undefined);

		const {token} = await sessions.create({user: 'Ada'});
		const ended = await client().get('/destroy', {headers: {'x-session': token}});
		t.is(ended.headers['x-session'], '');
		t.is(ended.headers['cache-control'], 'no-cache="x-session"');
		t.deepEqual(ended.setCookie, []);
	},
);

test('`Vary` is there too where other middleware makes an answer of an error, of the route or of the commit', async t => {
	const store = watch(new MemoryStore());
	store.around = async () => {
		throw new Error('down');
	};
	const {client} = await startApp(
		t,
		{store},
		ctx => {
			ctx.session['user'] = ctx.path === '/write' ? 'Ada' : undefined;
			ctx.set('Vary', 'Accept-Encoding');
			if (ctx.path === '/refuse') ctx.throw(404);
		},
		app =>
			app.use(async (ctx, next) => {
				try {
					await next();
				} catch (error) {
					ctx.status = (error as {status: number}).status;
				}
			}),
	);
	for (const [path, status] of [
		['/refuse', 404],
		['/write', 503],
	] as const) {
		const answer = await client().get(path);
		t.is(answer.status, status);
		t.is(answer.headers.vary, 'Accept-Encoding, Cookie');
	}
});
