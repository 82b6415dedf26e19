import {PassThrough} from 'node:stream';
import test from 'ava';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {type Codec, codec, type Envelope, json, type Store} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type RecordedEvent, recordEvents} from '../helpers/events/record-events.ts';
import {startApp} from '../helpers/http/app.ts';
import {errorPage} from '../helpers/http/error-page.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {eventually} from '../helpers/order/eventually.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import {beforeNext, watch} from '../helpers/stores/watched-store.ts';

// Rule 17, the other way round: what isn't lost isn't reported, and what is lost is reported once.

const hour = 3_600_000;

const reasons = (events: readonly RecordedEvent[]): unknown[] =>
	events.flatMap(({name, payload}) => (name === 'lost' ? [(payload as {reason: string}).reason] : []));

for (const [path, status, expected] of [
	['/write', 200, ['ended']],
	['/read', 200, []],
	['/write-and-fail', 500, ['ended']],
	['/write-and-update-nothing', 200, ['ended']],
] as const) {
	onTwoStores(
		`a session that another request has ended, and a route that saves at ${path}`,
		async (t, store) => {
			const clock = fakeClock(t);
			const [entered, ended] = [new Gate(), new Gate()];
			const {client} = await startApp(t, {store, idleTimeout: '10h'}, async ctx => {
				ctx.body = String(ctx.session['user']);
				if (ctx.path === '/login') Object.assign(ctx.session, {user: 'ada', bytes: Buffer.from('ada')});
				if (ctx.path === '/logout') await ctx.session.destroy();
				if (ctx.path !== path) return;
				entered.open();
				await ended.pass();
				if (path !== '/read') ctx.session['views'] = 1;
				if (path === '/write-and-update-nothing') await ctx.session.update(() => {}).catch(() => {});
				else await ctx.session.save();
				if (status === 500) ctx.throw(500);
			});
			const visitor = client();
			await visitor.get('/login');
			await clock.advance(2 * hour);
			const events = recordEvents(t);
			const answer = visitor.fork().get(path);
			await entered.pass();
			await visitor.get('/logout');
			ended.open();
			t.is((await answer).status, status);
			t.deepEqual(reasons(events), expected);
		},
		test.serial,
	);
}

onTwoStores(
	'a change that the error page makes again, after the route failed with it, is saved',
	async (t, store) => {
		const {client, sessions} = await startApp(
			t,
			{store},
			ctx => {
				if (ctx.path === '/login') ctx.session['user'] = 'ada';
				else {
					ctx.session['failed'] = true;
					ctx.throw(500);
				}
			},
			errorPage(ctx => {
				ctx.session['failed'] = true;
			}),
		);
		const visitor = client();
		await visitor.get('/login');
		await visitor.get('/fail');
		const stored = await eventually(async () => {
			const data = await storedData(sessions, visitor);
			if (!data?.['failed']) throw new Error('not saved yet');
			return data;
		});
		t.deepEqual(stored, {user: 'ada', failed: true});
	},
	test.serial,
);

onTwoStores(
	'a request that fails after it has told of an extension reports its change once, if the session ends in the meantime',
	async (t, store) => {
		const clock = fakeClock(t);
		const [saved, ended] = [new Gate(), new Gate()];
		const {client} = await startApp(t, {store, touchAfter: 0}, async ctx => {
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path === '/logout') await ctx.session.destroy();
			ctx.body = '';
			if (ctx.path !== '/fail') return;
			ctx.session['first'] = true;
			await ctx.session.save();
			ctx.session['second'] = true;
			saved.open();
			await ended.pass();
			ctx.throw(500);
		});
		const visitor = client();
		await visitor.get('/login');
		await clock.advance(1);
		const events = recordEvents(t);
		const answer = visitor.fork().get('/fail');
		await saved.pass();
		await visitor.get('/logout');
		ended.open();
		t.is((await answer).status, 500);
		t.is(reasons(events).length, 1);
	},
	test.serial,
);

onTwoStores(
	'a stream whose session is ended in the meantime reports what it changes, also inside of a value, and nothing else',
	async (t, store) => {
		const keys = ['a key that signs, of 32 characters or more'];
		for (const isChanged of [false, true]) {
			const [entered, ended] = [new Gate(), new Gate()];
			const over = Promise.withResolvers<void>();
			const {client} = await startApp(t, {store, keys: () => keys}, async ctx => {
				ctx.body = '';
				if (ctx.path === '/login') ctx.session['cart'] = {items: ['pear']};
				if (ctx.path === '/logout') await ctx.session.destroy();
				if (ctx.path !== '/stream') return;
				const {session} = ctx;
				const cart = session['cart'] as {items: string[]};
				entered.open();
				await ended.pass();
				const stream = new PassThrough();
				ctx.body = stream;
				ctx.res.once('pipe', () => {
					if (isChanged) cart.items.push('plum');
					stream.end('done');
				});
				ctx.res.once('close', () => setImmediate(over.resolve));
			});
			const visitor = client();
			await visitor.get('/login');
			keys.unshift(`a key that came later, of 32 characters or more ${isChanged}`);
			const events = recordEvents(t);
			const answer = visitor.fork().get('/stream');
			await entered.pass();
			await visitor.get('/logout');
			ended.open();
			await answer;
			await over.promise;
			t.is(reasons(events).length, isChanged ? 1 : 0);
		}
	},
	test.serial,
);

test.serial(
	'a reader is not failed, with `onStoreError: "anonymous"`, by a store that refuses to seal again what it reads',
	async t => {
		const keys = ['an encryption key of 32 characters or more'];
		const store = watch(new MemoryStore());
		const options = {
			store,
			codec: codec(
				json(),
				encrypt(() => keys),
			),
			onStoreError: 'anonymous',
		} as const;
		const {client} = await startApp(t, options, ctx => {
			if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
			ctx.body = String(ctx.session['views']);
		});
		const visitor = client();
		await visitor.get('/write');
		keys.unshift('a newer encryption key of 32 characters or more');
		store.around = async (operation, call) => {
			if (operation === 'update') throw new Error('the disk is full');
			return call();
		};
		const events = recordEvents(t);
		t.like(await visitor.get('/'), {status: 200, body: '1'});
		t.deepEqual(reasons(events), []);
		t.is((await visitor.get('/write')).status, 503);
		t.deepEqual(reasons(events), ['failed']);
	},
);

onTwoStores(
	'what a login changes is reported as lost if its new session is ended before the old id is dead',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store}, async ctx => {
			if (ctx.path === '/visit') ctx.session['visited'] = true;
			if (ctx.path !== '/login') return;
			await ctx.session.regenerate();
			ctx.session.subject = 'ada';
		});
		const visitor = client();
		await visitor.get('/visit');
		beforeNext(store, 'update', async () => {
			// The old record is written again, so that the tombstone conflicts, and the new one is ended.
			await visitor.fork().get('/visit-again');
			await sessions.update({id: visitor.cookies.get('sid')?.slice(0, 43) ?? ''}, session => {
				session['visits'] = 2;
			});
			await sessions.revoke('ada');
		});
		const events = recordEvents(t, ['lost']);
		await visitor.get('/login');
		t.like(events, [{payload: {reason: 'ended'}}]);
		t.is(events.length, 1);
	},
	test.serial,
);

onTwoStores(
	'the event of a logout that the store refused names its session',
	async (t, store) => {
		const {client} = await startApp(t, {store}, async ctx => {
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			ctx.body = ctx.session.handle;
			if (ctx.path === '/logout') Object.assign(ctx, {session: null});
		});
		const visitor = client();
		await visitor.get('/login');
		const {body: handle} = await visitor.get('/');
		store.around = async (operation, call) => {
			if (operation === 'delete') throw new Error('the disk is full');
			return call();
		};
		const events = recordEvents(t, ['lost']);
		t.is((await visitor.get('/logout')).status, 503);
		t.deepEqual(events, [{name: 'lost', payload: {session: handle.slice(0, 8), reason: 'failed'}}]);
	},
	test.serial,
);

onTwoStores(
	'an old session stays to be carried on if `merge` fails, whatever the application answers',
	async (t, store) => {
		let fails = true;
		const left = new Map([['secret', {user: 'ada'}]]);
		const {client, sessions} = await startApp(
			t,
			{
				store,
				merge(_base, theirs) {
					if (fails) throw new Error('no');
					return theirs;
				},
			},
			async ctx => {
				ctx.session['seen'] = true;
				ctx.body = await sessions
					.adopt(ctx, {
						cookie: 'old',
						secret: 'secret',
						read: async () => left.get('secret') && {data: {user: 'ada'}},
						async end() {
							left.delete('secret');
						},
					})
					.catch(() => 'failed');
				if (ctx.path === '/forget') Object.assign(ctx, {session: null});
			},
		);
		t.is((await client().get('/forget')).body, 'failed');
		fails = false;
		const visitor = client();
		t.is((await visitor.get('/')).body, 'adopted');
		t.like(await storedData(sessions, visitor), {user: 'ada'});
	},
);

test('of sessions that a new codec makes too large, those that `updateAll()` leaves as they are don’t stop it', async t => {
	const store: Store = Object.create(watch(new MemoryStore()), {maxBytes: {value: 300}});
	const longer: Codec<Envelope> = function* (stored, context) {
		const inner = json()(stored && JSON.parse(Buffer.from(stored).toString()), context);
		const kept = inner.next(yield inner.next().value as Envelope | undefined).value as Uint8Array | undefined;
		return kept && Buffer.from(JSON.stringify([...kept]));
	};
	const before = await startApp(t, {store, codec: json()}, () => undefined);
	await before.sessions.create({note: 'x'.repeat(100)}, {subject: 'ada'});
	const {sessions} = await startApp(t, {store, codec: [json(), longer]}, () => undefined);
	t.is(await sessions.updateAll('ada', () => undefined), 1);
});
