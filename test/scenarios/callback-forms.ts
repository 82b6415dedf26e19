import test from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {startApp} from '../helpers/http/app.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// What libraries for express-session call: with a callback, or not at all.

onTwoStores(
	'the callback forms of express-session call back once, after the work, and with the fault',
	async (t, store) => {
		const calls: unknown[] = [];
		const {client} = await startApp(t, {store}, async ctx => {
			const act = ctx.path.slice(1) as 'save' | 'regenerate' | 'destroy';
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			else {
				if (act === 'save') ctx.session['user'] = 'eve';
				ctx.body = await new Promise(resolve =>
					ctx.session[act](error => {
						calls.push(error);
						resolve(String(error));
					}),
				);
			}
		});
		for (const act of ['save', 'regenerate', 'destroy']) {
			const visitor = client();
			await visitor.get('/login');
			t.is((await visitor.get(`/${act}`)).body, 'undefined', act);
		}

		const visitor = client();
		await visitor.get('/login');
		store.around = async (operation, call) => {
			if (operation !== 'read') throw new Error('down');
			return call();
		};
		for (const act of ['save', 'destroy']) {
			calls.length = 0;
			t.is((await visitor.get(`/${act}`)).status, 503);
			t.like(calls, [{code: 'ERR_SESSION_STORE'}], act);
			t.is(calls.length, 1);
		}
	},
);

test('what express-session has and we have not throws at once, so that nobody waits for a callback', async t => {
	const {client, sessions} = await startApp(t, {store: new MemoryStore()}, async ctx => {
		for (const name of ['reload', 'touch', 'resetMaxAge']) {
			t.throws(() => (ctx.session[name] as (callback: () => void) => void)(() => t.fail()), {instanceOf: TypeError});
		}

		ctx.session['reload'] = 'data';
		await ctx.session.update(
			draft => new Promise<void>(resolve => draft.destroy(error => resolve(t.truthy(error) as never))),
		);
		ctx.body = JSON.stringify(ctx.session);
	});
	t.is((await client().get('/')).body, '{"reload":"data"}');

	const {header: cookie} = await sessions.create({a: 1});
	const found = await sessions.fromRequest({headers: {cookie}, method: 'GET', url: '/', socket: {}} as never);
	for (const act of ['save', 'regenerate', 'destroy'] as const) {
		const error = await new Promise(resolve => found?.[act](resolve as never));
		t.like(error, {code: 'ERR_SESSION_READ_ONLY'}, act);
	}
});
