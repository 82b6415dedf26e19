import test, {type ExecutionContext} from 'ava';
import {type Codec, type Envelope, json, type Passage, type SessionOptions} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {startApp, type TestContext} from '../helpers/http/app.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {beforeNext, type WatchedStore, watch} from '../helpers/stores/watched-store.ts';

// A codec's `finally` always runs, whatever fails: it may wipe memory, or give something back.

/** Counts its passages that are open. */
const counting = () => {
	const base = json();
	const passages = {open: 0};
	const codec: Codec<Envelope> = function* (stored, context): Passage<Envelope> {
		passages.open++;
		try {
			return yield* base(stored, context);
		} finally {
			passages.open--;
		}
	};
	return {codec, passages};
};

const start = async (t: ExecutionContext, options: SessionOptions, store: WatchedStore = watch(new MemoryStore())) => {
	const {codec, passages} = counting();
	const route = async (ctx: TestContext) => {
		ctx.body = String(ctx.session['views'] ?? 0);
		if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
		if (ctx.path === '/regenerate') await ctx.session.regenerate();
		if (ctx.path === '/regenerate') ctx.session['views'] = 1000;
	};
	const {client} = await startApp(t, {store, codec, ...options}, route);
	const visitor = client();
	await visitor.get('/write');
	t.is(passages.open, 0);
	return {visitor, passages, store};
};

test.serial('a failing `extend` leaves no passage open', async t => {
	const clock = fakeClock(t);
	const extend = () => {
		throw new Error('no');
	};
	const {visitor, passages} = await start(t, {extend, idleTimeout: '10h'});
	await clock.advance(2 * 3_600_000);
	t.is((await visitor.get('/')).status, 500);
	t.is(passages.open, 0);
});

for (const path of ['/write', '/regenerate']) {
	test.serial(`a failing \`merge\` leaves no passage open at ${path}`, async t => {
		const merge = () => {
			throw new Error('no');
		};
		const {visitor, passages, store} = await start(t, {merge});
		beforeNext(store, 'update', async () => {
			await visitor.fork().get('/write');
		});
		t.is((await visitor.get(path)).status, 500);
		t.is(passages.open, 0);
	});
}

for (const fault of ['end', 'merge']) {
	test.serial(
		`a failing \`${fault}\` leaves no passage open where an old session that was carried on is found again`,
		async t => {
			const clock = fakeClock(t);
			const {codec, passages} = counting();
			let fails = false;
			const fail = () => {
				if (fails) throw new Error('no');
			};
			const {client, sessions} = await startApp(
				t,
				{
					store: new MemoryStore(),
					codec,
					idleTimeout: '10h',
					merge(_base, theirs) {
						if (fault === 'merge') fail();
						return theirs;
					},
				},
				async ctx => {
					await sessions.adopt(ctx, {
						cookie: 'old',
						secret: 'secret',
						read: async () => ({data: {user: 'ada'}}),
						async end() {
							if (fault === 'end') fail();
						},
					});
					ctx.body = String(ctx.session['user']);
				},
			);
			t.is((await client().get('/')).body, 'ada');
			fails = true;
			await clock.advance(120_000);
			t.is((await client().get('/')).status, 500);
			t.is(passages.open, 0);
		},
	);
}

test('an old session without content isn’t carried on', async t => {
	const store = watch(new MemoryStore());
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		const data = ctx.path === '/undefined' ? {user: undefined} : {};
		ctx.body = await sessions.adopt(ctx, {cookie: 'old', secret: 'secret', read: async () => ({data})});
	});
	for (const path of ['/', '/undefined']) t.like(await client().get(path), {body: 'gone', setCookie: []});
	t.false(store.calls.includes('create'));
});
