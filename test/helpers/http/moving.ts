import type {ExecutionContext} from 'ava';
import Koa, {type Middleware} from 'koa';
import session, {type ListedSession, type SessionMiddleware, type SessionOptions} from '../../../source/index.ts';
import {MemoryStore} from '../../../source/stores/memory.ts';
import {Client, listen, type Route, type TestContext, testKeys} from './app.ts';

/** What an old application does with its session, whichever library it comes from. */
export const oldRoute = (session: Record<string, unknown>, path: string): unknown => {
	if (path === '/login') Object.assign(session, {user: 'ada', cart: {pear: 1}});
	return session['user'] ?? 'nobody';
};

/** Starts an application that another library gives its sessions. */
export const startOld = async (t: ExecutionContext, use: (app: Koa) => void): Promise<Client> => {
	const app = new Koa();
	app.keys = testKeys;
	app.silent = true;
	use(app);
	app.use(ctx => {
		ctx.body = oldRoute((ctx as unknown as TestContext).session, ctx.path);
	});
	return new Client(await listen(t, app));
};

/** What a new application is made of. */
export type NewApp = {
	readonly move: (sessions: SessionMiddleware) => Middleware;
	readonly options?: SessionOptions;
	readonly keys?: readonly string[];
	readonly route?: Route;
};

/** Says who is there, logs out, or changes something. */
export const newRoute: Route = ctx => {
	if (ctx.path === '/logout') ctx.session = null as never;
	else if (ctx.path.startsWith('/set/')) ctx.session[ctx.path.slice(5)] = true;
	else if (ctx.path === '/fail') ctx.throw(500);
	ctx.body = JSON.stringify(ctx.session);
};

/** Starts an application with our sessions, and the way from the old ones. */
export const startNew = async (t: ExecutionContext, {move, options, keys = testKeys, route = newRoute}: NewApp) => {
	const app = new Koa();
	app.keys = [...keys];
	const errors: Error[] = [];
	app.on('error', error => errors.push(error));
	const store = new MemoryStore();
	const sessions = session(app, {store, storeTimeout: '30s', ...options});
	app.use(sessions);
	app.use(move(sessions));
	app.use(ctx => route(ctx as unknown as TestContext));
	const port = await listen(t, app);
	t.teardown(() => sessions.close());
	return {app, sessions, port, errors};
};

/** A subject's live sessions. */
export const listed = async (sessions: SessionMiddleware, subject: string): Promise<ListedSession[]> => {
	const all: ListedSession[] = [];
	for await (const one of sessions.list(subject)) all.push(one);
	return all;
};
