import type {IncomingMessage} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import {z} from 'zod';
import {compress} from '../../source/codecs/compress.ts';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {msgpack} from '../../source/codecs/msgpack.ts';
import {schema} from '../../source/codecs/schema.ts';
import {codec, json, type SessionOptions} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp, type TestContext} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Barrier, Gate} from '../helpers/order/barrier.ts';
import {all} from '../helpers/stores/all.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {watch} from '../helpers/stores/watched-store.ts';

type Routes = Readonly<Record<string, (ctx: TestContext) => unknown>>;

/** What every application here has: `/flash/<text>` leaves a message, `/page` shows what waits, as JSON. */
const start = async (t: ExecutionContext, options: SessionOptions, routes: Routes = {}) => {
	const route: Route = async ctx => {
		const [, name = '', text = ''] = ctx.path.split('/');
		ctx.body = 'done';
		if (name === 'flash') ctx.session.flash('info', text);
		else if (name === 'page') ctx.body = ctx.session.flashes('info');
		else await routes[name]?.(ctx);
	};
	return startApp(t, options, route);
};

const page = async (client: Client): Promise<unknown> => JSON.parse((await client.get('/page')).body);

onEachStore('a message is shown once, after any number of redirects', async (t, store) => {
	const {client} = await start(
		t,
		{store},
		{
			leave(ctx) {
				ctx.session.flash('info', 'Saved');
				ctx.session.flash('error', {field: 'name'});
				ctx.redirect('/between');
			},
			between: ctx => ctx.redirect('/page'),
			errors(ctx) {
				ctx.body = ctx.session.flashes('error');
			},
		},
	);
	const visitor = client();
	for (let {headers} = await visitor.get('/leave'); headers.location !== '/page'; )
		({headers} = await visitor.get(headers.location ?? ''));

	t.deepEqual(await page(visitor), ['Saved']);
	t.deepEqual(await page(visitor), []);
	t.deepEqual(JSON.parse((await visitor.get('/errors')).body), [{field: 'name'}], 'each kind waits for its own page');
	t.deepEqual(JSON.parse((await visitor.get('/errors')).body), []);
});

onEachStore('messages come in their order, and wait as long as nobody asks', async (t, store) => {
	const {client} = await start(t, {store}, {elsewhere: ctx => Object.assign(ctx.session, {views: 1})});
	const visitor = client();
	for (const text of ['9', '10', 'a', '1']) await visitor.get(`/flash/${text}`);
	await visitor.get('/elsewhere');
	t.deepEqual(await page(visitor), ['9', '10', 'a', '1']);
});

onEachStore('a page without messages costs an anonymous visitor nothing, and others one read', async (t, store) => {
	const {client} = await start(t, {store});
	const anonymous = client();
	const {headers, setCookie, body} = await anonymous.get('/page');
	t.deepEqual([body, setCookie, headers.vary], ['[]', [], 'Cookie'] as unknown[]);
	t.deepEqual(store.calls, []);

	const visitor = client();
	await visitor.get('/flash/a');
	await visitor.get('/page');
	t.deepEqual(store.calls, ['create', 'read', 'update'], 'a message makes a session, like every write');

	store.calls.length = 0;
	t.deepEqual((await visitor.get('/page')).setCookie, []);
	t.deepEqual(store.calls, ['read']);
});

onEachStore('messages of parallel requests are all kept', async (t, store) => {
	const parties = 12;
	const barrier = new Barrier(parties);
	const {client} = await start(
		t,
		{store},
		{
			async together(ctx) {
				const {session} = ctx;
				await barrier.wait();
				session.flash('info', `${ctx.path.slice('/together/'.length)} first`);
				session.flash('info', `${ctx.path.slice('/together/'.length)} second`);
			},
		},
	);
	const visitor = client();
	await visitor.get('/flash/before');
	const names = Array.from({length: parties}, (_, index) => `message-${index}`);
	await Promise.all(names.map(name => visitor.fork().get(`/together/${name}`)));

	const shown = (await page(visitor)) as string[];
	const texts = names.flatMap(name => [`${name} first`, `${name} second`]);
	t.is(shown[0], 'before');
	t.deepEqual(shown.slice(1).toSorted(), texts.toSorted());
	for (let index = 0; index < texts.length; index += 2)
		t.true(shown.indexOf(texts[index] ?? '') < shown.indexOf(texts[index + 1] ?? ''), 'each request in its order');
	t.deepEqual(await page(visitor), []);
});

for (const first of ['reader', 'writer'] as const) {
	onEachStore(
		`beside a page that shows, a message is neither lost nor shown twice: ${first} first`,
		async (t, store) => {
			const gates = {reader: new Gate(), writer: new Gate()};
			const {client} = await start(
				t,
				{store},
				{
					async reader(ctx) {
						ctx.body = ctx.session.flashes('info');
						await gates.reader.pass();
					},
					async writer(ctx) {
						ctx.session.flash('info', 'new');
						await gates.writer.pass();
					},
				},
			);
			const visitor = client();
			await visitor.get('/flash/old');
			const answers = {reader: visitor.fork().get('/reader'), writer: visitor.fork().get('/writer')};
			await Promise.all([gates.reader.reached, gates.writer.reached]);
			gates[first].open();
			await answers[first];
			gates.reader.open();
			gates.writer.open();

			t.is((await answers.reader).body, '["old"]');
			t.is((await answers.writer).status, 200);
			t.deepEqual(await page(visitor), ['new']);
		},
	);
}

onEachStore('of pages that ask at once within `update()`, one shows the message', async (t, store) => {
	const barrier = new Barrier(8);
	const {client} = await start(
		t,
		{store},
		{
			async claim(ctx) {
				const {session} = ctx;
				await barrier.wait();
				ctx.body = await session.update(newest => newest.flashes('info'));
				t.deepEqual(session.flashes('info'), [], 'nor does the request itself get them again');
			},
		},
	);
	const visitor = client();
	await visitor.get('/flash/once');
	const answers = await Promise.all(Array.from({length: 8}, () => visitor.fork().get('/claim')));
	t.deepEqual(answers.map(({body}) => body).toSorted(), [...Array(7).fill('[]'), '["once"]'].toSorted());
});

/** An application on a store of its own, with the routes. */
const startOnMemory = (t: ExecutionContext, routes: Routes, options: SessionOptions = {}) =>
	start(t, {store: new MemoryStore(), ...options}, routes);

test('`update()` may leave a message, also in a session not stored yet', async t => {
	const {client} = await startOnMemory(t, {
		leave: ctx => ctx.session.update(newest => newest.flash('info', 'from update')),
	});
	const visitor = client();
	await visitor.get('/leave');
	await visitor.get('/leave');
	t.deepEqual(await page(visitor), ['from update', 'from update']);
});

test('a message that is shown by the request that left it is stored nowhere', async t => {
	const store = watch(new MemoryStore());
	const {client} = await startOnMemory(
		t,
		{
			both(ctx) {
				ctx.session.flash('info', 'now');
				ctx.body = [ctx.session.flashes('info'), ctx.session.flashes('info')];
			},
		},
		{store},
	);
	const {body, setCookie} = await client().get('/both');
	t.is(body, '[["now"],[]]');
	t.deepEqual([setCookie, store.calls], [[], []] as unknown[]);
});

test('a login that replaces the data shows its welcome, whichever comes first', async t => {
	const logIn = async (ctx: TestContext) => {
		await ctx.session.regenerate();
		ctx.session = {user: 'ada'} as never;
	};
	const {client} = await startOnMemory(t, {
		async before(ctx) {
			ctx.session.flash('info', 'Welcome');
			await logIn(ctx);
		},
		async after(ctx) {
			await logIn(ctx);
			ctx.session.flash('info', 'Welcome');
		},
	});
	for (const path of ['/before', '/after']) {
		const visitor = client();
		await visitor.get('/flash/please%20log%20in');
		await visitor.get(path);
		t.deepEqual(await page(visitor), ['please%20log%20in', 'Welcome']);
	}
});

test('what drops data drops the messages from before: a new id that keeps less, and the end of the session', async t => {
	const {client} = await startOnMemory(t, {
		async none(ctx) {
			await ctx.session.regenerate({keep: false});
			ctx.session.flash('info', 'new');
		},
		async some(ctx) {
			await ctx.session.regenerate({keep: ['cart']});
			ctx.session.flash('info', 'new');
		},
		async destroy(ctx) {
			await ctx.session.destroy();
			ctx.session.flash('info', 'new');
		},
		null(ctx) {
			ctx.session = null as never;
			ctx.session.flash('info', 'new');
		},
	});
	for (const path of ['/none', '/some', '/destroy', '/null']) {
		const visitor = client();
		await visitor.get('/flash/old');
		const before = visitor.cookie;
		await visitor.get(path);
		t.not(visitor.cookie, before);
		t.deepEqual(await page(visitor), ['new'], path);
	}
});

test('a page that fails has shown nothing; one that is refused has', async t => {
	const {client} = await startOnMemory(t, {
		fail(ctx) {
			ctx.session.flashes('info');
			ctx.throw(500);
		},
		refuse(ctx) {
			ctx.session.flashes('info');
			ctx.throw(404);
		},
	});
	const visitor = client();
	await visitor.get('/flash/a');
	await visitor.get('/fail');
	t.deepEqual(await page(visitor), ['a']);
	await visitor.get('/flash/b');
	await visitor.get('/refuse');
	t.deepEqual(await page(visitor), []);
});

test("messages are out of sight of all that sees data, the application's own `merge` included", async t => {
	const barrier = new Barrier(2);
	const seen: unknown[][] = [];
	const {client, sessions} = await startOnMemory(
		t,
		{
			async change(ctx) {
				const {session} = ctx;
				await barrier.wait();
				session['views'] = Number(session['views'] ?? 0) + 1;
				session.flash('info', ctx.path);
			},
			look(ctx) {
				ctx.body = {data: ctx.session, keys: Object.keys(ctx.session), has: Object.hasOwn(ctx.session, 'flashes')};
			},
			subject(ctx) {
				ctx.session.subject = 'ada';
			},
		},
		{
			merge(base, theirs, mine) {
				seen.push([base, theirs, mine]);
				return {views: 7};
			},
		},
	);
	const visitor = client();
	await visitor.get('/flash/first');
	await Promise.all([visitor.fork().get('/change/1'), visitor.fork().get('/change/2')]);
	await visitor.get('/subject');
	// It may be asked again: for what is stored, and for what the route sees.
	t.true(seen.length > 0);
	for (const asked of seen) t.deepEqual(asked, [{}, {views: 1}, {views: 1}]);
	t.deepEqual(JSON.parse((await visitor.get('/look')).body), {data: {views: 7}, keys: ['views'], has: false});
	t.deepEqual(await storedData(sessions, visitor), {views: 7});
	const listed = await all(sessions.list('ada'));
	t.deepEqual(
		listed.map(({data}) => data),
		[{views: 7}],
	);

	const shown = (await page(visitor)) as string[];
	t.deepEqual([shown[0], ...shown.slice(1).toSorted()], ['first', '/change/1', '/change/2']);
});

test('a session that can only be read refuses both', async t => {
	const {client, sessions} = await startOnMemory(t, {});
	const visitor = client();
	await visitor.get('/flash/a');
	const request = {headers: {cookie: visitor.cookie}, method: 'GET', url: '/', socket: {}};
	const found = await sessions.fromRequest(request as unknown as IncomingMessage);
	t.throws(() => found?.flashes('info'), {code: 'ERR_SESSION_READ_ONLY'});
	t.throws(() => found?.flash('info', 'b'), {code: 'ERR_SESSION_READ_ONLY'});
	t.deepEqual(await page(visitor), ['a']);
});

const key = 'a secret of 32 characters or more';
const strict = z.strictObject({user: z.string().optional()});

for (const [name, made] of Object.entries({
	'msgpack()': msgpack(),
	layers: codec(json(), compress({threshold: 0}), encrypt([key])),
	'a validator that refuses unknown fields': schema(json(), strict),
	'one that drops them': schema(json(), strict, {unknown: 'drop'}),
	'a list': [json(), codec(msgpack(), encrypt([key]))],
})) {
	test(`messages pass through ${name}`, async t => {
		const {client} = await startOnMemory(t, {}, {codec: made as NonNullable<SessionOptions['codec']>});
		const visitor = client();
		for (const text of ['b', 'a']) await visitor.get(`/flash/${text}`);
		t.deepEqual(await page(visitor), ['b', 'a']);
		t.deepEqual(await page(visitor), []);
	});
}

test('messages outlive a change of the codec', async t => {
	const store = new MemoryStore();
	const old = await startOnMemory(t, {}, {store, codec: [json()]});
	const visitor = old.client();
	await visitor.get('/flash/a');
	const changed = await startOnMemory(t, {}, {store, codec: [json(), codec(msgpack(), compress())]});
	const same = changed.client();
	same.cookies.set('sid', visitor.cookies.get('sid') ?? '');
	t.deepEqual(await page(same), ['a']);
});

test('what no codec can store fails its request, and the error does not show it', async t => {
	const {client, app} = await startOnMemory(t, {leave: ctx => ctx.session.flash('info', (() => 'secret') as never)});
	const errors: Error[] = [];
	app.on('error', error => errors.push(error));
	t.is((await client().get('/leave')).status, 500);
	t.regex(errors[0]?.message ?? '', /flashes/);
	t.notRegex(errors[0]?.message ?? '', /secret/);
});

test('messages too large to store are named as what is large', async t => {
	const store = Object.assign(new MemoryStore(), {maxBytes: 500});
	const {client, app} = await startOnMemory(t, {}, {store});
	const errors: Error[] = [];
	app.on('error', error => errors.push(error));
	t.is((await client().get(`/flash/${'x'.repeat(1000)}`)).status, 500);
	t.regex(errors[0]?.message ?? '', /largest keys, in bytes: `flashes` \(1\d{3}\)\./);
});
