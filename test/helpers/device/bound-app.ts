import type {ExecutionContext} from 'ava';
import type Koa from 'koa';
import type {SessionOptions} from '../../../source/index.ts';
import {type Route, startApp} from '../http/app.ts';
import {Browser} from './browser.ts';

/** What people do there. `/reads` shows who it is, and what the session says of its binding. */
export const boundRoute: Route = async ctx => {
	const {session} = ctx;
	const [, verb, user] = ctx.path.split('/');
	if (verb === 'login') {
		await session.regenerate();
		Object.assign(session, {user});
		session.subject = user;
	}

	if (verb === 'visit') session['visited'] = true;
	if (verb === 'views') {
		ctx.body = String(session['views'] ?? 0);
		return;
	}
	if (verb === 'write') session['views'] = Number(session['views'] ?? 0) + 1;
	if (verb === 'regenerate') await session.regenerate({keep: false});
	if (verb === 'keep') await session.regenerate();
	if (verb === 'logout') await session.destroy();
	if (verb === 'fail') ctx.throw(500);
	ctx.body = `${session['user'] ?? 'nobody'}${session.isBound ? ', bound' : ''}`;
};

/** An application with device-bound sessions, reached over HTTPS by a proxy, as its headers say. */
export const startBoundApp = async (
	t: ExecutionContext,
	options: SessionOptions,
	route = boundRoute,
	configure: (app: Koa) => void = () => undefined,
) => {
	const started = await startApp(t, {deviceBound: true, ...options}, route, app => {
		app.proxy = true;
		configure(app);
	});
	return {...started, browser: (settings?: {readonly speaks?: boolean}) => new Browser(started.port, settings)};
};

export type BoundApp = Awaited<ReturnType<typeof startBoundApp>>;
