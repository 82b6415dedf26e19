/** One process of `startCountingProcess()`: applications whose `/update` adds one to a number of the session. */
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import Koa from 'koa';
import session from '../../../source/index.ts';
import {type TestContext, testKeys} from '../http/app.ts';

/** Starts the application on a store; resolves with its port. */
const serve = async (store: string): Promise<number> => {
	const app = new Koa();
	app.keys = testKeys;
	app.silent = true;
	// A busy machine must not fail a test.
	app.use(session(app, {store, storeTimeout: '30s'}));
	app.use(async context => {
		const ctx = context as unknown as TestContext;
		if (ctx.path === '/write') ctx.session['written'] = ctx.query['value'] ?? true;
		if (ctx.path === '/end') await ctx.session.destroy();
		if (ctx.path === '/update') {
			await ctx.session.update(async counter => {
				counter['number'] = Number(counter['number'] ?? 0) + 1;
			});
		}

		ctx.body = String(ctx.session['number'] ?? 0);
	});

	const server = app.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
};

process.on('message', async store => process.send?.(await serve(String(store))));
process.once('disconnect', () => process.exit());
