import test from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// When a session began, was last seen, and begins again. The clock is faked, so these scenarios run one after the other.

const hour = 3_600_000;

const route: Route = async ctx => {
	const {session} = ctx;
	const [, action, word] = ctx.path.split('/');
	if (action === 'cart') session['cart'] = ['pear'];
	if (action === 'login') await session.regenerate({restart: word === 'restart', keep: word !== 'nothing'});
	if (action === 'login') session['user'] = 'ada';
	if (action === 'passport') await new Promise(resolve => session.regenerate(resolve));
	if (action === 'passport') ctx.session['user'] = 'ada';
	const {createdAt, lastSeenAt, expiresAt} = ctx.session;
	ctx.status = word === 'fail' ? 500 : 200;
	ctx.body = JSON.stringify({...ctx.session, createdAt, lastSeenAt, expiresAt});
};

const inTurn = (title: string, run: Parameters<typeof onTwoStores>[1]): void => onTwoStores(title, run, test.serial);

type Seen = {
	readonly createdAt: number;
	readonly lastSeenAt: number;
	readonly expiresAt: number;
	readonly user?: string;
};

const look = async (visitor: Client, path = '/'): Promise<Seen> =>
	JSON.parse((await visitor.get(path)).body, (name, value) => (name.endsWith('At') ? Date.parse(value) : value));

inTurn('a session says when it began and when it was last seen, accurate to within `touchAfter`', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, idleTimeout: '10h', absoluteTimeout: '100h'}, route);
	const visitor = client();
	const start = clock.now();
	t.like(await look(visitor, '/cart'), {createdAt: start, lastSeenAt: start});
	await clock.advance(hour - 1);
	t.like(await look(visitor), {createdAt: start, lastSeenAt: start});
	await clock.advance(1);
	t.like(await look(visitor), {lastSeenAt: start}, 'the time before this request');
	await clock.advance(hour / 2);
	t.like(await look(visitor), {createdAt: start, lastSeenAt: start + hour});

	const shorter = await startApp(t, {store, idleTimeout: '1h', absoluteTimeout: '100h'}, route);
	t.like(await look(visitor.fork(shorter.port)), {lastSeenAt: clock.now()}, 'never a time to come');
});

inTurn('a login with `restart` has a whole absolute timeout, whatever its session grew from', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, idleTimeout: '3h', absoluteTimeout: '3h'}, route);
	for (const [path, isRestarted, hasCart] of [
		['/login', false, true],
		['/login/restart', true, true],
		['/login/nothing', true, false],
		['/passport', true, false],
	] as const) {
		const visitor = client();
		await visitor.get('/cart');
		await clock.advance(2 * hour);
		const began = isRestarted ? clock.now() : clock.now() - 2 * hour;
		t.like(await look(visitor, path), {createdAt: began, expiresAt: began + 3 * hour}, path);
		const after = await look(visitor);
		t.like(after, {user: 'ada', createdAt: began, expiresAt: began + 3 * hour}, path);
		t.is('cart' in after, hasCart, path);
		await clock.advance(hour);
		t.is((await look(visitor)).user, isRestarted ? 'ada' : undefined, path);
	}
});

inTurn('a restart takes effect even if its request fails, as the new id does', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, idleTimeout: '3h', absoluteTimeout: '3h'}, async ctx => {
		await ctx.session.regenerate({restart: ctx.path.startsWith('/login')});
		return route(ctx);
	});
	const visitor = client();
	await visitor.get('/cart');
	await clock.advance(2 * hour);
	t.is((await visitor.get('/login/fail')).status, 500);
	const {createdAt, user} = await look(visitor);
	t.deepEqual([createdAt, user], [clock.now(), undefined]);
});

inTurn(
	'a restart on a response that can carry no cookie neither ends the session nor lengthens it',
	async (t, store) => {
		const clock = fakeClock(t);
		const options = {store, idleTimeout: '3h', absoluteTimeout: '3h'} as const;
		const {client} = await startApp(t, options, async ctx => {
			if (ctx.path === '/subject') ctx.session.subject = 'ada';
			await route(ctx);
		});
		for (const path of ['/cart', '/subject']) {
			const visitor = client();
			await visitor.get(path);
			const start = clock.now();
			await clock.advance(hour);
			await visitor.get('/login/restart', {method: 'OPTIONS'});
			const {createdAt, expiresAt, user} = await look(visitor);
			t.deepEqual([createdAt, expiresAt, user], [start, start + 3 * hour, undefined], path);
		}
	},
);

inTurn('a restart and a change at the same time are both kept', async (t, store) => {
	const clock = fakeClock(t);
	const gate = new Gate();
	const {client} = await startApp(t, {store, idleTimeout: '3h', absoluteTimeout: '3h'}, async ctx => {
		await route(ctx);
		if (ctx.path === '/login/restart') await gate.pass();
	});
	const visitor = client();
	await visitor.get('/');
	await visitor.get('/cart');
	await clock.advance(2 * hour);
	const login = visitor.get('/login/restart');
	await gate.reached;
	// It conflicts with the move of the record, which must then merge it.
	await visitor.fork().get('/cart');
	gate.open();
	await login;
	t.like(await look(visitor), {user: 'ada', createdAt: clock.now()});
});

inTurn('the names are reserved, and `restart` is a boolean', async (t, store) => {
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		for (const name of ['createdAt', 'lastSeenAt', 'expiresAt']) {
			t.throws(() => Object.assign(ctx.session, {[name]: new Date()}), {code: 'ERR_SESSION_RESERVED'});
			await t.throwsAsync(sessions.create({[name]: 1}), {code: 'ERR_SESSION_RESERVED'});
		}
		t.throws(() => ctx.session.regenerate({restart: 'yes' as never}), {message: /`restart`/});
		ctx.status = 204;
	});
	t.is((await client().get('/')).status, 204);
});

test.serial('a login that keeps the id of its client warns once, but not in production', async t => {
	const warnings: (Error & {code?: string})[] = [];
	const listener = (warning: Error) => warnings.push(warning);
	process.on('warning', listener);
	t.teardown(() => process.off('warning', listener));
	const store = new MemoryStore();
	const {client} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/cart') ctx.session['cart'] = 1;
		if (ctx.path === '/safe') await ctx.session.regenerate();
		if (ctx.path === '/saved') {
			await ctx.session.regenerate();
			await ctx.session.save();
		}
		if (ctx.path === '/update')
			await ctx.session.update(session => {
				session.subject = 'ada';
			});
		else if (ctx.path !== '/cart') ctx.session.subject = 'ada';
		ctx.status = 204;
	});
	const logIn = async (path: string, before = '/cart') => {
		const visitor = client();
		if (before) await visitor.get(before);
		await visitor.get(path);
		await new Promise(resolve => setImmediate(resolve));
		return warnings.filter(({code}) => code === 'KOA_SERVER_SESSION_FIXATION').length;
	};
	for (const path of ['/safe', '/saved']) t.is(await logIn(path), 0, path);
	t.is(await logIn('/unsafe', ''), 0, 'a new session has a new id');

	const {NODE_ENV} = process.env;
	process.env['NODE_ENV'] = 'production';
	t.is(await logIn('/unsafe'), 0);
	process.env['NODE_ENV'] = NODE_ENV;
	t.is(await logIn('/update'), 1);
	t.regex(warnings[0]?.message ?? '', /await ctx\.session\.regenerate\(\)/);
	t.is(await logIn('/unsafe'), 1);
});
