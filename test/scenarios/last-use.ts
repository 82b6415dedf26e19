import {randomUUID} from 'node:crypto';
import test from 'ava';
import type {Context} from 'koa';
import {MemoryStore} from '../../source/stores/memory.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import {holdNext, watch} from '../helpers/stores/watched-store.ts';

// When a session was last used, also where no expiry can show it. The clock is faked, so these scenarios run one after the other.

const hour = 3_600_000;

const route: Route = async ctx => {
	if (ctx.path === '/unseen') {
		ctx.body = 'nothing about a session';
		return;
	}
	const {session} = ctx;
	if (ctx.path.startsWith('/login/')) session.subject = ctx.path.slice('/login/'.length);
	if (ctx.path.endsWith('/write')) session['views'] = Number(session['views'] ?? 0) + 1;
	if (ctx.path === '/update') await session.update(newest => Object.assign(newest, {updated: true}));
	if (ctx.path === '/regenerate') await session.regenerate();
	ctx.status = ctx.path === '/fail' ? 500 : 200;
	ctx.body = JSON.stringify({...session, lastSeenAt: session.lastSeenAt.getTime()});
};

const inTurn = (title: string, run: Parameters<typeof onTwoStores>[1]): void => onTwoStores(title, run, test.serial);

const look = async (visitor: Client, path = '/') => JSON.parse((await visitor.get(path)).body) as {lastSeenAt: number};

/** A session with these lives for 24 hours and is never extended. `touchAfter` is 2.4 hours. */
const fixed = {idleTimeout: '24h', absoluteTimeout: '24h'} as const;

inTurn(
	'a session that is never extended says when it was last used, accurate to within `touchAfter`',
	async (t, store) => {
		const clock = fakeClock(t);
		const user = randomUUID();
		const {client} = await startApp(t, {store, ...fixed}, route);
		const visitor = client();
		await visitor.get(`/login/${user}`);
		const start = clock.now();
		let known = start;
		for (let hours = 1; hours < 24; hours++) {
			await clock.advance(hour);
			store.calls.length = 0;
			t.is((await look(visitor)).lastSeenAt, known, `${hours} hours`);
			const isDue = clock.now() - known >= 2.4 * hour;
			t.deepEqual(store.calls, isDue ? ['read', 'update'] : ['read'], `${hours} hours`);
			if (isDue) known = clock.now();
		}
		t.is(known, start + 21 * hour);
		await clock.advance(hour);
		t.deepEqual((await look(visitor)).lastSeenAt, clock.now(), 'it ended when it had to');
	},
);

inTurn('each kind of use counts, and what is no use does not', async (t, store) => {
	const clock = fakeClock(t);
	const user = randomUUID();
	const extend = (ctx: Context) => ctx.path !== '/poll';
	const {client, sessions} = await startApp(t, {store, ...fixed, extend}, route);
	const seen = async () => (await all(sessions.list(user)))[0]?.lastSeenAt.getTime();
	for (const [path, counts] of [
		['/unseen', true],
		['/write', true],
		['/update', true],
		['/regenerate', true],
		['/poll', false],
		['/fail', false],
	] as const) {
		const visitor = client();
		await visitor.get(`/login/${user}`);
		const start = clock.now();
		await clock.advance(3 * hour);
		await visitor.get(path);
		t.is(await seen(), counts ? clock.now() : start, path);
		await sessions.revoke(user);
	}
});

inTurn('`revoke(subject, {keep})` ends the device that was used longest ago', async (t, store) => {
	const clock = fakeClock(t);
	const user = randomUUID();
	const {client, sessions} = await startApp(t, {store, ...fixed}, route);
	const [daily, resting, third] = [client(), client(), client()];
	await daily.get(`/login/${user}`);
	await clock.advance(hour);
	await resting.get(`/login/${user}`);
	for (let hours = 3; hours < 18; hours += 3) {
		await clock.advance(3 * hour);
		await daily.get('/');
	}
	await third.get(`/login/${user}`);
	t.is(await sessions.revoke(user, {keep: 2}), 1);
	const isIn = async (visitor: Client) => (await visitor.get('/write')).setCookie.length === 0;
	t.deepEqual([await isIn(daily), await isIn(resting), await isIn(third)], [true, false, true]);
});

inTurn('longer timeouts from outside leave the last use as it was, and can be taken back', async (t, store) => {
	const clock = fakeClock(t);
	const user = randomUUID();
	const {client, sessions} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get(`/login/${user}`);
	for (let days = 0; days < 8; days++) {
		await clock.advance(20 * hour);
		await visitor.get('/');
	}
	const lastUse = clock.now();
	const [first] = await all(sessions.list(user));
	const handle = String(first?.handle);
	const expiresAt = first?.expiresAt;
	await clock.advance(hour);
	const change = (idleTimeout: '30d' | undefined, absoluteTimeout: '90d' | undefined) =>
		sessions.update({handle}, session => Object.assign(session, {idleTimeout, absoluteTimeout}));
	t.true(await change('30d', '90d'));
	const [longer] = await all(sessions.list(user));
	t.like(longer, {lastSeenAt: new Date(lastUse), expiresAt});
	t.true(await change(undefined, undefined));
	const [back] = await all(sessions.list(user));
	t.like(back, {lastSeenAt: new Date(lastUse), expiresAt});
	t.is((await look(visitor)).lastSeenAt, lastUse);
});

inTurn('timeouts that a request sets hide nothing of its use, with or without a new id', async (t, store) => {
	const clock = fakeClock(t);
	const user = randomUUID();
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		if (ctx.path.endsWith('/remember')) Object.assign(ctx.session, {idleTimeout: '30d', absoluteTimeout: '30d'});
		await route(ctx);
		if (ctx.path.startsWith('/regenerate')) await ctx.session.regenerate();
	});
	for (const path of ['/remember', '/regenerate/remember']) {
		const visitor = client();
		await visitor.get(`/login/${user}`);
		for (let days = 0; days < 8; days++) {
			await clock.advance(20 * hour);
			await visitor.get('/');
		}
		await clock.advance(hour);
		await visitor.get(path);
		const [found] = await all(sessions.list(user));
		t.deepEqual(found?.lastSeenAt, new Date(clock.now()), path);
		await sessions.revoke(user);
	}
});

inTurn('a change at the same time as a use loses nothing', async (t, store) => {
	const clock = fakeClock(t);
	const user = randomUUID();
	const {client, sessions} = await startApp(t, {store, ...fixed}, route);
	const visitor = client();
	await visitor.get(`/login/${user}`);
	await clock.advance(3 * hour);
	const now = clock.now();
	await Promise.all([
		...Array.from({length: 6}, () => visitor.get('/')),
		visitor.get('/write'),
		visitor.get('/update'),
	]);
	t.like(await look(visitor), {views: 1, updated: true, lastSeenAt: now});
	t.is((await all(sessions.list(user))).length, 1);
});

inTurn('a request that has extended the session tells the client, whatever others write after it', async (t, store) => {
	const clock = fakeClock(t);
	const user = randomUUID();
	const gates = {'/update/write': new Gate(), '/write': new Gate()};
	const {client} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/update/write') await ctx.session.update(newest => Object.assign(newest, {updated: true}));
		if (ctx.path === '/write' || ctx.path === '/update/write') await gates[ctx.path].pass();
		await route(ctx);
	});
	const visitor = client();
	await visitor.get(`/login/${user}`);
	await clock.advance(12 * hour);
	const other = visitor.fork().get('/write');
	await gates['/write'].reached;
	const extending = visitor.fork().get('/update/write');
	await gates['/update/write'].reached;
	gates['/write'].open();
	t.is((await other).setCookie.length, 0, 'it learns of the other extension');
	gates['/update/write'].open();
	t.is((await extending).setCookie.length, 1);
});

test.serial('a store that fails costs no reader its answer, with `onStoreError: "anonymous"`', async t => {
	const clock = fakeClock(t);
	const user = randomUUID();
	const store = watch(new MemoryStore());
	const {client} = await startApp(t, {store, ...fixed, onStoreError: 'anonymous'}, route);
	const visitor = client();
	await visitor.get(`/login/${user}`);
	const start = clock.now();
	await clock.advance(3 * hour);
	const {around} = store;
	store.around = async (operation, call) => {
		if (operation === 'update') throw new Error('It fails');
		return call();
	};
	t.is((await visitor.get('/')).status, 200);
	store.around = around;
	t.is((await look(visitor)).lastSeenAt, start);
	t.is((await look(visitor)).lastSeenAt, clock.now());
});

inTurn('a response whose headers left first notes a use without calling that late or lost', async (t, store) => {
	const clock = fakeClock(t);
	const events = recordEvents(t);
	const committed = [new Gate(), new Gate()];
	const [entered, ended] = [new Gate(), new Gate()];
	const {client} = await startApp(
		t,
		{store, ...fixed},
		async ctx => {
			if (ctx.path === '/login/ada') ctx.session.subject = 'ada';
			if (ctx.path === '/logout') await ctx.session.destroy();
			if (ctx.path === '/respond') {
				ctx.respond = false;
				ctx.session['nothing'];
				ctx.res.writeHead(200);
				ctx.res.write('begun');
				entered.open();
				await ended.pass();
				ctx.res.end();
			} else ctx.body = '';
		},
		app =>
			app.use((ctx, next) =>
				next().then(() => {
					if (ctx.path === '/respond') committed.shift()?.open();
				}),
			),
	);
	const visitor = client();
	await visitor.get('/login/ada');
	await clock.advance(3 * hour);
	events.length = 0;
	const [first] = committed;
	ended.open();
	await visitor.get('/respond');
	await first?.pass();
	t.true(
		events.some(({name}) => name === 'update'),
		'the use is noted',
	);
	t.deepEqual(
		events.filter(({name}) => name === 'late-write' || name === 'lost'),
		[],
	);
});

inTurn(
	'a new id keeps the time of the last use if its request fails, is none, and meets another one',
	async (t, store) => {
		const clock = fakeClock(t);
		const user = randomUUID();
		const {client, sessions} = await startApp(
			t,
			{store, ...fixed, extend: (ctx: Context) => ctx.path !== '/poll'},
			async ctx => {
				if (ctx.path === '/poll') {
					await ctx.session.regenerate();
					ctx.throw(500);
				}
				await route(ctx);
			},
		);
		const visitor = client();
		await visitor.get(`/login/${user}`);
		await clock.advance(3 * hour);
		const gate = holdNext(store, 'update');
		const poll = visitor.get('/poll');
		await gate.reached;
		await visitor.fork().get('/write');
		gate.open();
		t.is((await poll).status, 500);
		t.deepEqual(
			(await all(sessions.list(user))).map(({lastSeenAt}) => lastSeenAt.getTime()),
			[clock.now()],
		);
	},
);
