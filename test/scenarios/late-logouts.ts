import {PassThrough} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {startApp, testKeys} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import type {WatchedStore} from '../helpers/stores/watched-store.ts';

// A logout says that it is done only if nothing of the session lives, under whichever id.

const minute = 60_000;

const start = async (t: ExecutionContext, store: WatchedStore) => {
	const gate = new Gate();
	const {client, sessions} = await startApp(t, {store, idleTimeout: '5h'}, async ctx => {
		if (ctx.path === '/login') Object.assign(ctx.session, {user: 'ada'});
		if (ctx.path === '/move') await ctx.session.regenerate();
		if (ctx.path === '/slow') await gate.pass();
		if (ctx.path === '/slow' || ctx.path === '/logout') await ctx.session.destroy();
		if (ctx.path === '/null') Object.assign(ctx, {session: null});
		ctx.body = 'done';
	});
	const visitor = client();
	await visitor.get('/login');
	return {
		gate,
		visitor,
		stored: () => storedData(sessions, visitor),
		/** A logout that began before the session moved, and goes on so long after that. */
		async logOutAfter(clock: ReturnType<typeof fakeClock>, milliseconds: number) {
			const late = visitor.fork().get('/slow');
			await gate.reached;
			await visitor.get('/move');
			await clock.advance(milliseconds);
			gate.open();
			return late;
		},
	};
};

onTwoStores(
	'a logout whose session moved so long ago that nobody can find it any more fails, and the next one succeeds',
	async (t, store) => {
		const clock = fakeClock(t);
		const {visitor, stored, logOutAfter} = await start(t, store);
		const {status, setCookie, body} = await logOutAfter(clock, 61 * minute);
		t.is(status, 409);
		t.deepEqual(setCookie, []);
		t.regex(body, /may live on/);
		t.deepEqual(await stored(), {user: 'ada'});

		t.is((await visitor.get('/logout')).status, 200);
		t.is(await stored(), undefined);
	},
	test.serial,
);

onTwoStores(
	'a logout that is late, but finds the tombstone, ends the session under its new id',
	async (t, store) => {
		const clock = fakeClock(t);
		const {stored, logOutAfter} = await start(t, store);
		t.is((await logOutAfter(clock, 59 * minute)).status, 200);
		t.is(await stored(), undefined);
	},
	test.serial,
);

onTwoStores('of two logouts at the same moment, the second one is done too', async (t, store) => {
	const {gate, visitor, stored} = await start(t, store);
	const late = visitor.fork().get('/slow');
	await gate.reached;
	t.is((await visitor.fork().get('/logout')).status, 200);
	gate.open();
	t.is((await late).status, 200);
	t.is(await stored(), undefined);
});

for (const way of ['/logout', '/null']) {
	onTwoStores(`a logout by ${way} that comes with the old id ends the session under its new id`, async (t, store) => {
		const {visitor, stored} = await start(t, store);
		const old = visitor.fork();
		await visitor.get('/move');
		await visitor.get('/move');
		t.deepEqual(await stored(), {user: 'ada'});
		t.like(await old.get(way), {status: 200, setCookie: []});
		t.is(await stored(), undefined);
	});
}

onTwoStores('a session with a property that nobody can delete is ended all the same', async (t, store) => {
	for (const path of ['/null', '/logout']) {
		const {client, sessions} = await startApp(t, {store}, async ctx => {
			ctx.body = '';
			if (ctx.path === '/login') return void Object.assign(ctx.session, {user: 'ada'});
			Object.defineProperty(ctx.session, 'user', {value: 'ada', enumerable: true, configurable: false});
			if (ctx.path === '/null') Object.assign(ctx, {session: null});
			else await ctx.session.destroy();
			ctx.body = JSON.stringify(ctx.session);
		});
		const visitor = client();
		await visitor.get('/login');
		const other = visitor.fork();
		t.like(await visitor.get(path), {status: 200, body: '{}'}, path);
		t.is(await storedData(sessions, other), undefined, path);
	}
});

onTwoStores('a stream ends its session also if another request has moved it in the meantime', async (t, store) => {
	const [entered, moved] = [new Gate(), new Gate()];
	const ended = Promise.withResolvers<void>();
	const keys = [...testKeys];
	const {client, sessions} = await startApp(t, {store, keys: () => keys}, async ctx => {
		ctx.body = 'done';
		if (ctx.path === '/login') ctx.session['user'] = 'ada';
		if (ctx.path === '/move') await ctx.session.regenerate();
		if (ctx.path !== '/stream') return;
		entered.open();
		await moved.pass();
		const {session} = ctx;
		const stream = new PassThrough();
		ctx.body = stream;
		ctx.res.once('pipe', () =>
			session.destroy().then(() => {
				stream.end('done');
				ended.resolve();
			}, ended.reject),
		);
	});
	const visitor = client();
	await visitor.get('/login');
	keys.unshift('a key that came later, of 32 characters or more');
	const other = visitor.fork();
	const answer = other.get('/stream');
	await entered.pass();
	await visitor.get('/move');
	moved.open();
	await answer;
	await ended.promise;
	t.is(await storedData(sessions, visitor), undefined);
});
