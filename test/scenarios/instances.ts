import test, {type ExecutionContext} from 'ava';
import Koa, {type Context} from 'koa';
import mount from 'koa-mount';
import session, {type SessionMiddleware} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {header} from '../../source/transports/header.ts';
import {Client, listen, testKeys} from '../helpers/http/app.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

// Rule 5.

/** A busy machine must not fail a test. */
const patient = {storeTimeout: '30s'} as const;

/** An application of any number of instances. */
const makeApp = (): Koa => {
	const app = new Koa();
	app.keys = testKeys;
	app.silent = true;
	return app;
};

/** The session under a property of any name. */
const at = (ctx: Context, property: string) =>
	(ctx as unknown as Record<string, Record<string, unknown>>)[property] ?? {};

/** Counts at `/…/write` in the session of that property, and shows it. */
const counter =
	(property: string): Koa.Middleware =>
	ctx => {
		const data = at(ctx, property);
		if (ctx.path.endsWith('/write')) data['views'] = Number(data['views'] ?? 0) + 1;
		ctx.body = JSON.stringify(data);
	};

const start = async (t: ExecutionContext, app: Koa): Promise<Client> => new Client(await listen(t, app));

onEachStore('two instances on one store keep apart, and refuse the tokens of each other', async (t, store) => {
	const app = makeApp();
	app.use(session(app, {...patient, store, property: 'shop', cookie: {name: 'shop'}}));
	app.use(session(app, {...patient, store, property: 'admin', cookie: {name: 'admin'}}));
	app.use(ctx => {
		const [, property = '', verb] = ctx.path.split('/');
		if (verb) at(ctx, property)['by'] = property;
		ctx.body = JSON.stringify([at(ctx, 'shop'), at(ctx, 'admin')]);
	});
	const visitor = await start(t, app);
	const {setCookie} = await visitor.get('/shop/write');
	t.deepEqual(
		setCookie.map(line => parseSetCookie(line).name),
		['shop'],
	);
	await visitor.get('/admin/write');
	t.is((await visitor.get('/')).body, '[{"by":"shop"},{"by":"admin"}]');

	store.calls.length = 0;
	const [shop, admin] = [visitor.cookies.get('shop'), visitor.cookies.get('admin')];
	const swapped = await visitor.get('/', {headers: {cookie: `shop=${admin}; admin=${shop}`}});
	t.is(swapped.body, '[{},{}]');
	t.deepEqual(store.calls, []);
	t.deepEqual(swapped.setCookie, []);
});

onEachStore('the signature covers the property, where the cookie has the same name', async (t, store) => {
	const [one, other] = ['one', 'other'].map(property => {
		const app = makeApp();
		app.use(session(app, {...patient, store, property}));
		return app.use(counter(property));
	}) as [Koa, Koa];
	const visitor = await start(t, one);
	await visitor.get('/write');
	const stranger = await start(t, other);
	stranger.cookies.set('sid', visitor.cookies.get('sid') ?? '');
	t.is((await stranger.get('/')).body, '{}');
	t.is((await visitor.get('/')).body, '{"views":1}');
});

test('`signed`, switched on or off, logs everybody out: the token has another form', async t => {
	const store = new MemoryStore();
	const [plain, signed] = [false, true].map(signed => {
		const app = makeApp();
		app.use(session(app, {...patient, store, signed}));
		return app.use(counter('session'));
	}) as [Koa, Koa];
	for (const [before, after] of [
		[plain, signed],
		[signed, plain],
	] as const) {
		const visitor = await start(t, before);
		await visitor.get('/write');
		t.is((await visitor.get('/')).body, '{"views":1}');
		t.is((await visitor.fork(await listen(t, after)).get('/')).body, '{}');
	}
});

onEachStore('both instances may answer with a cookie at once, also with an error', async (t, store) => {
	const app = makeApp();
	app.use(session(app, {...patient, store, property: 'shop', cookie: {name: 'shop'}}));
	app.use(session(app, {...patient, store, property: 'admin', cookie: {name: 'admin'}}));
	app.use(ctx => {
		at(ctx, 'shop')['views'] = 1;
		at(ctx, 'admin')['views'] = 1;
		if (ctx.path === '/fail') ctx.throw(403);
		ctx.body = '';
	});
	for (const path of ['/', '/fail']) {
		const {setCookie, headers} = await (await start(t, app)).get(path);
		t.deepEqual(setCookie.map(line => parseSetCookie(line).name).toSorted(), ['admin', 'shop']);
		t.is(headers.vary, 'Cookie');
		t.is(headers['cache-control'], 'no-cache="Set-Cookie"');
	}
});

test('the same property or cookie name twice on one application throws at start-up', t => {
	for (const [first, second, named] of [
		[{}, {}, 'session'],
		[{property: 'shop'}, {property: 'shop', cookie: {name: 'shop'}}, 'shop'],
		[{property: 'shop'}, {property: 'admin'}, 'sid'],
		[{property: 'shop', cookie: {name: 'login'}}, {cookie: {name: 'login'}}, 'login'],
		[{transport: header('x-session')}, {property: 'shop', transport: header('X-Session')}, 'x-session'],
	] as const) {
		const app = makeApp();
		session(app, first);
		t.throws(() => session(app, second), {
			code: 'ERR_SESSION_DUPLICATE',
			message: new RegExp(`\`${named}\`.*\`property\` and \`cookie\\.name\``),
		});
	}
});

test('a property that contexts have already throws at start-up', t => {
	for (const property of ['cookies', 'body', 'request', 'res', 'state', 'app', 'originalUrl', 'respond', 'toString']) {
		t.throws(() => session(makeApp(), {property}), {message: new RegExp(`\`${property}\``)}, property);
	}

	const app = makeApp();
	Object.assign(app.context, {session: {}});
	t.throws(() => session(app), {code: 'ERR_SESSION_DUPLICATE'});
});

test('two different instances that meet in one request fail, also where no start-up could tell', async t => {
	for (const [first, second] of [
		[{}, {cookie: {name: 'other'}}],
		[{property: 'shop'}, {property: 'admin'}],
		[
			{property: 'shop', cookie: () => ({name: 'sid'})},
			{property: 'admin', cookie: () => ({name: 'sid'})},
		],
	] as const) {
		const app = makeApp();
		const errors: unknown[] = [];
		app.on('error', error => errors.push(error.code));
		app.use(session({...first, store: new MemoryStore()}));
		app.use(session({...second, store: new MemoryStore()}));
		app.use(counter('session'));
		t.is((await (await start(t, app)).get('/')).status, 500);
		t.deepEqual(errors, ['ERR_SESSION_DUPLICATE']);
	}
});

onEachStore('the same middleware used twice serves a request once', async (t, store) => {
	const app = makeApp();
	const sessions = session(app, {...patient, store});
	app.use(sessions).use(sessions).use(counter('session'));
	const visitor = await start(t, app);
	await visitor.get('/write');
	store.calls.length = 0;
	t.is((await visitor.get('/write')).body, '{"views":2}');
	t.deepEqual(store.calls, ['read', 'update']);
});

/** Every way to have a session on an application that is mounted into another. */
const mounted: Readonly<Record<string, (parent: Koa, sub: Koa, store: MemoryStore) => void>> = {
	'session(sub) on the sub-app'(parent, sub, store) {
		sub.use(session(sub, {store})).use(counter('session'));
		parent.use(mount('/sub', sub));
	},
	'session(parent) on the sub-app'(parent, sub, store) {
		sub.use(session(parent, {store})).use(counter('session'));
		parent.use(mount('/sub', sub));
	},
	'session() on the sub-app'(parent, sub, store) {
		sub.use(session({store})).use(counter('session'));
		parent.use(mount('/sub', sub));
	},
	'session(parent) on the parent'(parent, sub, store) {
		sub.use(counter('session'));
		parent.use(session(parent, {store})).use(mount('/sub', sub));
	},
	'session() on the parent'(parent, sub, store) {
		sub.use(counter('session'));
		parent.use(session({store})).use(mount('/sub', sub));
	},
	'a middleware mounted alone'(parent, _sub, store) {
		parent.use(mount('/sub', session(parent, {store}))).use(counter('session'));
	},
	'one middleware on both'(parent, sub, store) {
		const sessions = session(parent, {store});
		sub.use(sessions).use(counter('session'));
		parent.use(sessions).use(mount('/sub', sub));
	},
	'mounted twice deep'(parent, sub, store) {
		const inner = new Koa();
		inner.use(session({store})).use(counter('session'));
		sub.use(mount('/inner', inner));
		parent.use(mount('/sub', sub));
	},
};

for (const [title, build] of Object.entries(mounted)) {
	test(`a mounted application has its session: ${title}`, async t => {
		const [parent, sub] = [makeApp(), makeApp()];
		build(parent, sub, new MemoryStore());
		const visitor = await start(t, parent);
		const path = title.includes('deep') ? '/sub/inner/write' : '/sub/write';
		t.is((await visitor.get(path)).body, '{"views":1}');
		t.is((await visitor.get(path)).body, '{"views":2}');
		t.like(parseSetCookie(`sid=${visitor.cookies.get('sid')}`), {name: 'sid'});
	});
}

onEachStore('parent and mounted application have a session each, under different properties', async (t, store) => {
	for (const [parentOf, subOf] of [
		['app', 'app'],
		['none', 'none'],
		['app', 'none'],
		['none', 'app'],
	] as const) {
		const [parent, sub] = [makeApp(), makeApp()];
		const make = (app: Koa, how: 'app' | 'none', property: string): SessionMiddleware => {
			const options = {...patient, store, property, cookie: {name: property}};
			return how === 'app' ? session(app, options) : session(options);
		};
		sub.use(make(sub, subOf, 'inner')).use(ctx => {
			at(ctx, 'inner')['views'] = Number(at(ctx, 'inner')['views'] ?? 0) + 1;
			at(ctx, 'outer')['views'] = Number(at(ctx, 'outer')['views'] ?? 0) + 10;
			ctx.body = JSON.stringify([at(ctx, 'outer'), at(ctx, 'inner')]);
		});
		parent
			.use(make(parent, parentOf, 'outer'))
			.use(mount('/sub', sub))
			.use(counter('outer'));

		const visitor = await start(t, parent);
		t.is((await visitor.get('/sub')).body, '[{"views":10},{"views":1}]');
		t.is((await visitor.get('/sub')).body, '[{"views":20},{"views":2}]');
		t.is((await visitor.get('/')).body, '{"views":20}');
		t.deepEqual([...visitor.cookies.keys()].toSorted(), ['inner', 'outer']);
	}
});

test('where no session is, `ctx.session` is undefined, and assigning it says what to do', async t => {
	const app = makeApp();
	const errors: Error[] = [];
	app.on('error', error => errors.push(error));
	app.use((ctx, next) => {
		if (ctx.path === '/early') Object.assign(ctx, {session: {}});
		return next();
	});
	app.use(session(app, {store: new MemoryStore(), skip: ctx => ctx.path === '/skipped'}));
	app.use(ctx => {
		ctx.body = String((ctx as {session?: unknown}).session);
	});
	const visitor = await start(t, app);
	t.is((await visitor.get('/skipped')).body, 'undefined');
	t.is((await visitor.get('/early')).status, 500);
	t.regex(errors[0]?.message ?? '', /`ctx\.session`.*`session\(\)`/);
});

test('the middleware has a name that tells what it is', t => {
	t.is(session().name, 'session');
});
