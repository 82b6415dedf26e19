import test from 'ava';
import type {Context} from 'koa';
import {type Route, startApp, testKeys} from '../helpers/http/app.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Requests that don't count as use: the option `extend`. The clock is faked, so these scenarios run one after the other.

const hour = 3_600_000;

const route: Route = async ctx => {
	const {session} = ctx;
	if (ctx.path.endsWith('/write')) session['views'] = Number(session['views'] ?? 0) + 1;
	if (ctx.path.endsWith('/update')) await session.update(newest => Object.assign(newest, {updated: true}));
	if (ctx.path.endsWith('/regenerate')) await session.regenerate();
	if (ctx.path.endsWith('/restart')) await session.regenerate({restart: true});
	if (ctx.path.endsWith('/longer')) session.idleTimeout = '20h';
	ctx.body = JSON.stringify({...session, expiresAt: session.expiresAt.getTime()});
};

const inTurn = (title: string, run: Parameters<typeof onTwoStores>[1]): void => onTwoStores(title, run, test.serial);

const options = {idleTimeout: '10h', extend: (ctx: Context) => !ctx.path.startsWith('/poll')} as const;

inTurn('polling extends nothing: no touch, no cookie, and the session ends though it is polled', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, ...options}, route);
	const visitor = client();
	await visitor.get('/write');
	const end = clock.now() + 10 * hour;
	for (let hours = 1; hours < 10; hours++) {
		await clock.advance(hour);
		store.calls.length = 0;
		const {setCookie, body} = await visitor.get('/poll');
		t.deepEqual([setCookie, store.calls], [[], ['read']]);
		t.like(JSON.parse(body), {views: 1, expiresAt: end});
	}
	await clock.advance(hour);
	t.is(JSON.parse((await visitor.get('/poll')).body).views, undefined);
});

inTurn('what a poll changes is stored with the old expiry, under a new id too; real use extends', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, ...options}, route);
	const visitor = client();
	await visitor.get('/write');
	const end = clock.now() + 10 * hour;
	for (const path of ['/poll/write', '/poll/update', '/poll/regenerate']) {
		await clock.advance(2 * hour);
		const {setCookie} = await visitor.get(path);
		t.is(setCookie.length, path === '/poll/regenerate' ? 1 : 0, path);
		t.is(JSON.parse((await visitor.get('/poll')).body).expiresAt, end, path);
	}
	t.like(JSON.parse((await visitor.get('/poll')).body), {views: 2, updated: true});
	t.is((await visitor.get('/')).setCookie.length, 1);
	t.is(JSON.parse((await visitor.get('/poll')).body).expiresAt, clock.now() + 10 * hour);
});

inTurn('a new session, `restart` and timeouts of its own count as always', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, ...options}, route);
	const visitor = client();
	await visitor.get('/poll/write');
	for (const [path, hours] of [
		['/poll', 10],
		['/poll/restart', 10],
		['/poll/longer', 20],
	] as const) {
		if (path !== '/poll') await clock.advance(2 * hour);
		await visitor.get(path);
		t.is(JSON.parse((await visitor.get('/poll')).body).expiresAt, clock.now() + hours * hour, path);
	}
});

inTurn('a cookie signed by an older key is still reissued, with the time that is left', async (t, store) => {
	const clock = fakeClock(t);
	const {app, client} = await startApp(t, {store, ...options}, route);
	const visitor = client();
	await visitor.get('/write');
	app.keys = ['an even newer key of 32 characters or more', ...testKeys];
	await clock.advance(2 * hour);
	const {setCookie} = await visitor.get('/poll');
	t.is(parseSetCookie(setCookie[0]).attributes['Max-Age'], String((8 * hour) / 1000));
});

for (const way of ['Koa', 'the application'] as const) {
	inTurn(
		`${way} answers: a poll shortens no cookie that another request has extended while it waited`,
		async (t, store) => {
			const clock = fakeClock(t);
			const gate = new Gate();
			const {app, client} = await startApp(t, {store, ...options}, async ctx => {
				if (ctx.path === '/poll') await gate.pass();
				await route(ctx);
				if (ctx.path !== '/poll' || way === 'Koa') return;
				ctx.respond = false;
				ctx.res.end(ctx.body);
			});
			const visitor = client();
			await visitor.get('/write');
			app.keys = ['an even newer key of 32 characters or more', ...testKeys];
			await clock.advance(2 * hour);
			const poll = visitor.fork().get('/poll');
			await gate.reached;
			t.is((await visitor.get('/')).setCookie.length, 1);
			gate.open();
			t.deepEqual((await poll).setCookie, []);
		},
	);
}

inTurn('it is asked only where it decides something, once, and its error fails the request', async (t, store) => {
	const clock = fakeClock(t);
	let calls = 0;
	const extend = (ctx: Context) => {
		calls++;
		if (ctx.path === '/fail') throw new Error('no');
		return true;
	};
	const {client} = await startApp(t, {store, idleTimeout: '10h', extend}, route);
	const visitor = client();
	await client().get('/');
	await visitor.get('/write');
	await visitor.get('/write');
	t.is(calls, 0);
	await clock.advance(2 * hour);
	t.is((await visitor.fork().get('/fail')).status, 500);
	await visitor.get('/write');
	t.is(calls, 2);
});
