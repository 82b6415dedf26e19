/** One process of `startCountingApps()`: an application whose `/update` adds one to a number of the session. */
import Koa from 'koa';
import session from '../../../source/index.ts';
import {type TestContext, testKeys} from '../http/app.ts';

const app = new Koa();
app.keys = testKeys;
app.silent = true;
// A busy machine must not fail a test.
app.use(session(app, {store: process.argv[2] ?? '', storeTimeout: '30s'}));
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

const server = app.listen(0, '127.0.0.1', () => {
	const address = server.address();
	process.send?.(typeof address === 'object' && address ? address.port : 0);
});
process.once('disconnect', () => process.exit());
