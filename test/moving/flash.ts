import test, {type ExecutionContext} from 'ava';
import connectFlash from 'connect-flash';
import type Koa from 'koa';
import koaBetterFlash from 'koa-better-flash';
import koaConnect from 'koa-connect';
import convert from 'koa-convert';
import koaFlash from 'koa-flash';
import {type FlashContext, flash} from '../../source/moving/flash.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp, type TestContext} from '../helpers/http/app.ts';

// Flash packages as they are, beside our sessions.

/** A middleware of Connect needs `req.session`. */
const lend: Koa.Middleware = (ctx, next) => {
	Object.assign(ctx.req, {session: (ctx as unknown as TestContext).session});
	return next();
};

const packages: Readonly<Record<string, readonly Koa.Middleware[]>> = {
	'koa-better-flash': [koaBetterFlash()],
	'connect-flash': [lend, koaConnect(connectFlash())],
};

/** An application in which middleware comes between the session and the route. */
const start = async (t: ExecutionContext, between: readonly Koa.Middleware[], route: Route) => {
	const errors: Error[] = [];
	const {client, app} = await startApp(t, {store: new MemoryStore()}, async ctx => {
		const dispatch = async (index: number): Promise<void> => {
			const middleware = between[index];
			if (middleware) await middleware(ctx, () => dispatch(index + 1));
			else await route(ctx);
		};
		await dispatch(0);
	});
	app.on('error', error => errors.push(error));
	return {client, errors};
};

type Flashing = TestContext & FlashContext & {req: FlashContext};

/** What an application does with such a package. */
const route: Route = context => {
	const ctx = context as Flashing;
	const call = ctx.flash ?? ctx.req.flash.bind(ctx.req);
	const {path} = ctx;
	if (path === '/add') {
		call('info', 'saved');
		call('info', '%s sent to %s', 'letter', 'Ada');
		call('error', ['no name', 'no address']);
	}

	if (path === '/info') ctx.body = call('info');
	if (path === '/all') ctx.body = call();
	ctx.body ??= '';
};

const read = async (client: Client, path: string) => JSON.parse((await client.get(path)).body);

for (const [name, middleware] of Object.entries(packages)) {
	test(`${name} alone fails by an error that names the bridge`, async t => {
		const {client, errors} = await start(t, middleware, route);
		t.is((await client().get('/add')).status, 500);
		t.is((errors[0] as {code?: string}).code, 'ERR_SESSION_RESERVED');
		t.regex(errors[0]?.message ?? '', /`flash\(\)` of 'koa-server-session\/moving\/flash'/);
	});
}

for (const [name, middleware] of Object.entries({...packages, 'no package': []})) {
	test(`the bridge, with ${name} after it: each message is shown once`, async t => {
		const {client} = await start(t, [flash() as Koa.Middleware, ...middleware], route);
		const visitor = client();
		t.is((await visitor.get('/add')).status, 200);
		t.deepEqual(await read(visitor, '/info'), ['saved', 'letter sent to Ada']);
		t.deepEqual(await read(visitor, '/info'), []);
		t.deepEqual(await read(visitor, '/all'), {error: ['no name', 'no address']});
		t.deepEqual(await read(visitor, '/all'), {});
	});
}

test('the bridge gives `ctx.req` the same function, and needs a session', async t => {
	const {client} = await start(t, [flash() as Koa.Middleware], context => {
		const ctx = context as Flashing;
		ctx.req.flash('info', 'hello');
		ctx.body = ctx.flash('info').join();
	});
	t.is((await client().get('/')).body, 'hello');

	const ctx = {req: {}} as unknown as FlashContext;
	await flash('none')(ctx as never, async () => undefined);
	t.throws(() => ctx.flash('info'), {instanceOf: TypeError, message: /`session\(\)` before `flash\(\)`/});
	t.throws(() => flash('' as never), {instanceOf: TypeError});
});

test('koa-flash works as it is: it has a name of its own in the data', async t => {
	const {client} = await start(t, [convert(koaFlash())], context => {
		const ctx = context as unknown as {flash: unknown; path: string; body: unknown; redirect(to: string): void};
		if (ctx.path === '/add') {
			ctx.flash = {notice: 'saved'};
			ctx.redirect('/');
		} else ctx.body = JSON.stringify(ctx.flash);
	});
	const visitor = client();
	t.is((await visitor.get('/add')).status, 302);
	t.deepEqual(await read(visitor, '/'), {notice: 'saved'});
	t.deepEqual(await read(visitor, '/'), {});
});
