import test from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {startApp} from '../helpers/http/app.ts';

test('setting the lifetime as in another library warns once, names the remedy, and is data like any other', async t => {
	const warnings: (Error & {code?: string; detail?: string})[] = [];
	const listener = (warning: Error) => warnings.push(warning);
	process.on('warning', listener);
	t.teardown(() => process.off('warning', listener));

	const {client} = await startApp(t, {store: new MemoryStore()}, ctx => {
		const {session} = ctx;
		if (ctx.path === '/harmless') Object.assign(session, {cookie: 'chocolate chip'});
		if (ctx.path === '/assign') session['maxAge'] = 3_600_000;
		if (ctx.path === '/cookie') session['cookie'] = {maxAge: 3_600_000};
		if (ctx.path === '/replace') ctx.session = {maxAge: 1} as never;
		ctx.body = JSON.stringify({...session});
	});
	const visitor = client();
	t.is((await visitor.get('/')).body, '{}');
	t.is((await visitor.get('/harmless')).body, '{"cookie":"chocolate chip"}');
	t.deepEqual(warnings, []);

	t.is((await visitor.get('/assign')).body, '{"cookie":"chocolate chip","maxAge":3600000}');
	await new Promise(resolve => setImmediate(resolve));
	t.is(warnings[0]?.code, 'KOA_SERVER_SESSION_FOREIGN_LIFETIME');
	t.regex(warnings[0]?.message ?? '', /`ctx\.session\.maxAge` was stored as data/);
	t.regex(warnings[0]?.detail ?? '', /`ctx\.session\.idleTimeout` and `ctx\.session\.absoluteTimeout`/);
	t.is((await visitor.get('/')).body, '{"cookie":"chocolate chip","maxAge":3600000}');

	for (const path of ['/cookie', '/replace']) await client().get(path);
	t.is((await visitor.get('/replace')).body, '{"maxAge":1}');
	await new Promise(resolve => setImmediate(resolve));
	t.is(warnings.length, 1);
});
