/** One process of `ServerProcess`: applications that do what a request's header asks for. */
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import Koa from 'koa';
import session from '../../source/index.ts';
import {type TestContext, testKeys} from '../helpers/http/app.ts';
import type {Act, Way} from './checker/history.ts';
import {look, perform} from './perform.ts';

/** What a request's header `x-asks` says, as JSON. */
export type Asked = {readonly number: number; readonly act: Act; readonly way: Way};

// Clocks of servers differ.
const skew = Number(process.env['CLOCK_SKEW'] ?? 0);
const {now} = Date;
Date.now = () => now() + skew;

/** By default short, so that faults show, and long enough for a busy machine. */
const storeTimeout = Number(process.env['STORE_TIMEOUT'] ?? 1000);

/** Starts the application on a store; resolves with its port. */
const serve = async (store: string): Promise<number> => {
	const app = new Koa();
	app.keys = testKeys;
	app.silent = true;
	// Koa leaves a response open if an error comes after its headers.
	app.on('error', (_, ctx) => ctx.headerSent && ctx.res.destroy());
	const sessions = session<Record<string, unknown>>(app, {
		...{store, storeTimeout},
		extend: ctx => !ctx.get('x-asks').includes('"polls"'),
	});
	app.use(sessions);
	app.use(async context => {
		const ctx = context as unknown as TestContext;
		if (ctx.path === '/list') {
			const listed: unknown[] = [];
			for await (const {data} of sessions.list(String(ctx.query['user']))) listed.push(data['began'] ?? null);
			ctx.body = JSON.stringify(listed);
			return;
		}

		if (ctx.path === '/end-all') {
			ctx.body = String(await sessions.destroyAll({except: ctx.session.id}));
			return;
		}

		const {number, act, way} = JSON.parse(ctx.get('x-asks')) as Asked;
		ctx.status = 200;
		if (way === 'early') ctx.flushHeaders();
		const saw = look(ctx.session);
		const done = await perform({session: ctx.session, sessions, number, act});
		if (way === 'saves') await ctx.session.save();
		if (way === 'replaces') ctx.set('Set-Cookie', 'other=cookie');
		ctx.body = JSON.stringify({saw, ...done});
		if (way === 'refuses') ctx.status = 404;
		if (way === 'throws') ctx.throw(404);
	});

	const server = app.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
};

process.on('message', async store => process.send?.(await serve(String(store))));
process.once('disconnect', () => process.exit());
