import Router from '@koa/router';
import test from 'ava';
import Koa from 'koa';
import session, {type SessionMiddleware} from '../../source/index.ts';
import {Client, listen, type Route, startApp, type TestContext, testKeys} from '../helpers/http/app.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';

// What a request costs: see README.md.

/** `/write` counts, `/read` reads, anything else leaves the session alone. */
const route: Route = ctx => {
	if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
	ctx.body = ctx.path === '/elsewhere' ? 'none' : String(ctx.session['views']);
};

onEachStore('a request without a token costs no store call', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	for (const path of ['/read', '/elsewhere']) t.is((await client().get(path)).status, 200);
	t.deepEqual(store.calls, []);
});

onEachStore('a token whose signature fails costs no store call', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	store.calls.length = 0;

	const token = visitor.cookies.get('sid') ?? '';
	visitor.cookies.set('sid', `${token.slice(0, -1)}${token.endsWith('A') ? 'E' : 'A'}`);
	t.is((await visitor.get('/read')).body, 'undefined');
	t.deepEqual(store.calls, []);
});

onEachStore('the first write costs one call', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	await client().get('/write');
	t.deepEqual(store.calls, ['create']);
});

onEachStore('a request with a token costs one read, also if its route leaves the session alone', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	for (const path of ['/read', '/elsewhere']) {
		store.calls.length = 0;
		const {setCookie} = await visitor.get(path);
		t.deepEqual(store.calls, ['read']);
		t.deepEqual(setCookie, []);
	}
});

onEachStore('a change costs one read and one write', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	store.calls.length = 0;

	t.is((await visitor.get('/write')).body, '2');
	t.deepEqual(store.calls, ['read', 'update']);
});

onEachStore('100 reads within `touchAfter` cost no write and bring no cookie', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	store.calls.length = 0;

	for (let reads = 0; reads < 100; reads++) t.deepEqual((await visitor.get('/read')).setCookie, []);
	t.is(store.calls.length, 100);
	t.deepEqual(new Set(store.calls), new Set(['read']));
});

onEachStore('setting what is there already costs no write', async (t, store) => {
	const {client} = await startApp(t, {store}, ctx => {
		ctx.session['user'] = {name: 'Ada', roles: ['admin']};
		ctx.status = 204;
	});
	const visitor = client();
	await visitor.get('/');
	store.calls.length = 0;

	const {setCookie} = await visitor.get('/');
	t.deepEqual(store.calls, ['read']);
	t.deepEqual(setCookie, []);
});

onEachStore('a due touch costs one call that carries no data', async (t, store) => {
	const {client} = await startApp(t, {store, touchAfter: 0}, route);
	const visitor = client();
	await visitor.get('/write');
	store.calls.length = 0;

	// Within one millisecond there is nothing to extend.
	for (const start = Date.now(); Date.now() === start; );
	await visitor.get('/read');
	t.deepEqual(store.calls, ['read', 'touch']);
});

onTwoStores(
	'with `touchAfter: 0`, headers that leave just after a touch need no second one',
	async (t, store) => {
		const clock = fakeClock(t);
		const {client} = await startApp(t, {store, touchAfter: 0}, route);
		const visitor = client();
		await visitor.get('/write');
		for (const [late, calls] of [
			[999, ['read', 'touch']],
			[1000, ['read', 'touch', 'update']],
		] as const) {
			await clock.advance(60_000);
			store.calls.length = 0;
			store.around = async (operation, call) => {
				const answer = await call();
				if (operation === 'touch') await clock.advance(late);
				return answer;
			};
			await visitor.get('/read');
			t.deepEqual(store.calls, calls);
		}
	},
	test.serial,
);

onEachStore('ending a session costs one read and one delete', async (t, store) => {
	const {client} = await startApp(t, {store}, ctx => {
		if (ctx.path === '/write') ctx.session['views'] = 1;
		else (ctx as {session: unknown}).session = null;
		ctx.status = 204;
	});
	const visitor = client();
	await visitor.get('/write');
	store.calls.length = 0;

	await visitor.get('/logout');
	t.deepEqual(store.calls, ['read', 'delete']);
});

/** How an application uses the session for `/account` only. */
const forSomeRoutes = {
	'the middleware is called by path': (app: Koa, sessions: SessionMiddleware, show: Koa.Middleware) => {
		app.use((ctx, next) => (ctx.path.startsWith('/account') ? sessions(ctx as never, next) : next()));
		app.use(show);
	},
	'the middleware is the first of a route': (app: Koa, sessions: SessionMiddleware, show: Koa.Middleware) => {
		const router = new Router();
		router.get('/account', sessions, show);
		router.get('/elsewhere', show);
		app.use(router.routes());
	},
};

for (const [way, use] of Object.entries(forSomeRoutes)) {
	onTwoStores(`if ${way}, other routes cost nothing, with a good token too`, async (t, store) => {
		const app = new Koa();
		app.keys = testKeys;
		use(app, session(app, {store}), ctx => {
			const used = (ctx as unknown as Partial<TestContext>).session;
			if (used) used['views'] = Number(used['views'] ?? 0) + 1;
			ctx.body = used ? String(used['views']) : 'no session';
		});
		const visitor = new Client(await listen(t, app));
		t.is((await visitor.get('/account')).body, '1');
		store.calls.length = 0;

		const {body, setCookie, headers} = await visitor.get('/elsewhere');
		t.is(body, 'no session');
		t.deepEqual([setCookie, headers.vary, store.calls], [[], undefined, []]);
		t.is((await visitor.get('/account')).body, '2');
		t.deepEqual(store.calls, ['read', 'update']);
	});
}
