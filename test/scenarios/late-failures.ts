import {createReadStream} from 'node:fs';
import test from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// What fails once the route is through: other middleware, the answer's body.

const count = (ctx: Parameters<Route>[0]): void => {
	ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
};

onEachStore('a new id reaches the client, though other middleware fails after the commit', async (t, store) => {
	const {client} = await startApp(
		t,
		{store},
		async ctx => {
			count(ctx);
			if (ctx.path === '/fail') await ctx.session.regenerate();
		},
		app =>
			app.use(async (ctx, next) => {
				await next();
				if (ctx.path === '/fail') ctx.throw(500);
			}),
	);
	const visitor = client();
	await visitor.get('/work');
	const {status, setCookie, headers} = await visitor.get('/fail');
	t.is(status, 500);
	t.is(setCookie.length, 1);
	t.is(headers.vary, 'Cookie');
	t.is((await visitor.get('/work')).setCookie.length, 0, 'the new id is known');
});

test('a body that fails while the session is saved ends no process', async t => {
	const errors: unknown[] = [];
	const store = watch(new MemoryStore());
	const {client} = await startApp(
		t,
		{store},
		async ctx => {
			count(ctx);
			if (ctx.path !== '/missing') return;
			const body = createReadStream('/nowhere');
			store.around = async (_operation, call) => {
				await new Promise<void>(resolve => {
					body.once('close', () => resolve());
				});
				return call();
			};
			ctx.body = body;
		},
		app => app.on('error', error => errors.push(error)),
	);

	// What Koa does with it is Koa's affair: it breaks the connection, or answers that nothing was found.
	await client()
		.get('/missing')
		.catch(() => undefined);
	t.like(errors, [{code: 'ENOENT'}]);
	store.around = (_operation, call) => call();
	t.is((await client().get('/work')).setCookie.length, 1);
});
