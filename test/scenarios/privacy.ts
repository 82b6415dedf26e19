import {pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import type Koa from 'koa';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {exampleOf, replaced, writeExamples} from '../helpers/docs/page.ts';
import {Client, listen} from '../helpers/http/app.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

// The page on a user's data: its export and erasure, and what remains afterwards, for as long as it says.

type Example = {
	readonly app: Koa;
	exportSessions(user: string): Promise<{readonly data: object}[]>;
	eraseSessions(user: string): Promise<number>;
};

const start = async (t: ExecutionContext, routes: string) => {
	const directory = await temporaryDirectory(t);
	const code = replaced(exampleOf('privacy.md', 'exportSessions'), {"'redis://127.0.0.1:6379'": `'file:${directory}'`});
	const at = await writeExamples(t, {'example.ts': `${code}\n${routes}`});
	const example: Example = await import(pathToFileURL(at('example.ts')).href);
	const origin = await listen(t, example.app);
	return {...example, client: () => new Client(origin), store: new FilesystemStore({directory})};
};

test.serial("all of a user's sessions are exported without what opens them, and erased", async t => {
	const {client, exportSessions, eraseSessions} = await start(
		t,
		`app.use(ctx => {
	const [, user] = ctx.path.split('/');
	if (user) Object.assign(ctx.session, {subject: user, city: 'London'});
	ctx.body = String(ctx.session.subject);
});`,
	);
	const [phone, laptop, bob] = [client(), client(), client()];
	for (const visitor of [phone, laptop]) await visitor.get('/ada');
	await bob.get('/bob');

	const exported = await exportSessions('ada');
	t.deepEqual(
		exported.map(({data}) => data),
		[{city: 'London'}, {city: 'London'}],
	);
	t.deepEqual(Object.keys(exported[0] ?? {}), ['createdAt', 'lastSeenAt', 'expiresAt', 'data']);
	const text = JSON.stringify(exported);
	for (const visitor of [phone, laptop]) t.false(text.includes((visitor.cookies.get('sid') ?? '').slice(0, 43)));

	t.is(await eraseSessions('ada'), 2);
	t.deepEqual(await exportSessions('ada'), []);
	for (const visitor of [phone, laptop]) t.is((await visitor.get('/')).body, 'undefined');
	t.is((await bob.get('/')).body, 'bob');
});

/** What a store holds of a user. */
const traces = async (store: FilesystemStore) => ({
	indexed: (await all(store.bySubject('ada'))).length,
	records: (await all(store.keys('session:'))).length,
});

test.serial(
	'after an erasure, only the tombstones of the last hour hold the subject, and then nothing does',
	async t => {
		const clock = fakeClock(t);
		const {client, eraseSessions, store} = await start(
			t,
			`app.use(async ctx => {
	ctx.session.cart = 1;
	await ctx.session.save();
	ctx.session.subject = 'ada';
	await ctx.session.save();
	await ctx.session.regenerate();
	ctx.body = '';
});`,
		);
		t.is((await client().get('/')).status, 200);
		t.deepEqual(await traces(store), {indexed: 2, records: 2});
		t.is(await eraseSessions('ada'), 1);
		t.deepEqual(await traces(store), {indexed: 1, records: 1});
		await clock.advance(3_600_001);
		await store.prune(10);
		t.deepEqual(await traces(store), {indexed: 0, records: 0});
	},
);
