import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import {holdNext} from '../helpers/stores/watched-store.ts';

// A session's own timeouts. The clock is faked, so these scenarios run one after the other.

const [minute, day] = [60_000, 86_400_000];

/** `/set/30d/90d` sets both timeouts; a dash is the option's, and a missing one stays. */
const route: Route = async ctx => {
	const [, action, idle, absolute] = ctx.path.split('/');
	const {session} = ctx;
	if (action === 'set') {
		session['user'] = 'ada';
		if (idle) session.idleTimeout = idle === '-' ? undefined : (idle as '30d');
		if (absolute === 'forever') session.absoluteTimeout = Infinity;
		else if (absolute) session.absoluteTimeout = absolute === '-' ? undefined : (absolute as '90d');
	}
	if (action === 'write') session['views'] = Number(session['views'] ?? 0) + 1;
	if (action === 'regenerate') await session.regenerate(idle ? {keep: idle === 'none' ? false : ['user']} : {});
	const {idleTimeout, absoluteTimeout, expiresAt} = session;
	const times = {idleTimeout, absoluteTimeout: absoluteTimeout === Infinity ? 'forever' : absoluteTimeout};
	ctx.body = JSON.stringify({...session, ...times, expiresAt: expiresAt.getTime()});
};

const inTurn = (title: string, run: Parameters<typeof onTwoStores>[1]): void => onTwoStores(title, run, test.serial);

const maxAge = (setCookie: readonly string[]): number | undefined =>
	setCookie[0] === undefined ? undefined : Number(parseSetCookie(setCookie[0]).attributes['Max-Age']) * 1000;

const read = async (visitor: Client, path = '/') =>
	JSON.parse((await visitor.get(path)).body) as Record<string, unknown>;

inTurn('"remember me" lasts as long as it says, while other sessions keep to the options', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store}, route);
	const [remembered, other] = [client(), client()];
	await other.get('/write');
	await remembered.get('/write');
	const {setCookie, body} = await remembered.get('/set/30d/90d');
	t.is(maxAge(setCookie), 30 * day, 'the cookie is sent again');
	t.like(JSON.parse(body), {idleTimeout: 30 * day, absoluteTimeout: 90 * day, expiresAt: clock.now() + 30 * day});

	await clock.advance(day);
	t.is((await read(other))['views'], undefined);
	await clock.advance(2 * day - 1);
	t.deepEqual((await remembered.get('/')).setCookie, [], '`touchAfter` is a tenth of its own idle timeout');
	await clock.advance(1);
	t.is(maxAge((await remembered.get('/')).setCookie), 30 * day);

	for (let days = 3; days < 87; days += 28) {
		await clock.advance(28 * day);
		t.is((await read(remembered))['user'], 'ada');
	}
	const {expiresAt} = await read(remembered);
	t.is(expiresAt, clock.now() + 3 * day, 'the end of the ninety days');
	await clock.advance(3 * day);
	t.is((await read(remembered))['user'], undefined);
});

inTurn('a kiosk forgets after five minutes, and `Infinity` never ends a session that is used', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, touchAfter: '1h'}, route);
	const [kiosk, screen] = [client(), client()];
	t.is(maxAge((await kiosk.get('/set/5m')).setCookie), 5 * minute);
	await screen.get('/set/12h/forever');
	await clock.advance(4 * minute);
	t.is(maxAge((await kiosk.get('/')).setCookie), 5 * minute, 'a longer `touchAfter` is shortened with it');
	await clock.advance(5 * minute);
	t.is((await read(kiosk))['user'], undefined);

	for (let days = 0; days < 50; days += 0.49) {
		await clock.advance(0.49 * day);
		t.like(await read(screen), {user: 'ada', absoluteTimeout: 'forever'});
	}
});

inTurn('a `touchAfter` that was set stays, even one that equals the default', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, idleTimeout: '1d', touchAfter: '144m'}, route);
	const remembered = client();
	await remembered.get('/set/30d/90d');
	await clock.advance(144 * minute - 1);
	t.deepEqual((await remembered.get('/')).setCookie, []);
	await clock.advance(1);
	t.is(maxAge((await remembered.get('/')).setCookie), 30 * day);
});

inTurn('timeouts go back to the options, and a later change of the options holds again', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/set/30d/90d');
	await clock.advance(minute);
	const {setCookie, body} = await visitor.get('/set/-/-');
	t.is(maxAge(setCookie), day);
	t.is(JSON.parse(body).idleTimeout, undefined);
	t.like(await read(visitor), {user: 'ada', expiresAt: clock.now() + day});
});

inTurn('a new id keeps the timeouts; one that drops data drops them too', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store}, route);
	for (const [path, idleTimeout] of [
		['/regenerate', 30 * day],
		['/regenerate/user', undefined],
		['/regenerate/none', undefined],
	] as const) {
		const visitor = client();
		await visitor.get('/set/30d/90d');
		t.is(maxAge((await visitor.get(path)).setCookie), idleTimeout ?? day, path);
		const {idleTimeout: kept, expiresAt} = await read(visitor);
		t.is(kept, idleTimeout, path);
		// Nothing was left to store.
		if (path !== '/regenerate/none') t.is(expiresAt, clock.now() + (idleTimeout ?? day), path);
	}
});

inTurn(
	'a request that sets timeouts and one that changes data at the same time both get their way',
	async (t, store) => {
		fakeClock(t);
		const gates: Readonly<Record<string, Gate>> = {data: new Gate(), timeouts: new Gate()};
		const {client} = await startApp(t, {store}, async ctx => {
			const gate = gates[ctx.get('x-gate')];
			// The session is loaded, and is read before the gate.
			void ctx.session['user'];
			await gate?.pass();
			await route(ctx);
		});
		const visitor = client();
		await visitor.get('/write');
		const data = visitor.fork().get('/write', {headers: {'x-gate': 'data'}});
		const timeouts = visitor.fork().get('/set/30d/90d', {headers: {'x-gate': 'timeouts'}});
		await Promise.all([gates['data']?.reached, gates['timeouts']?.reached]);
		gates['timeouts']?.open();
		t.is(maxAge((await timeouts).setCookie), 30 * day);
		gates['data']?.open();
		t.deepEqual((await data).setCookie, [], 'the other response has told the client');
		t.like(await read(visitor), {views: 2, user: 'ada', idleTimeout: 30 * day, absoluteTimeout: 90 * day});
		t.is(maxAge((await visitor.get('/set/30d/90d')).setCookie), undefined, 'what is there already changes nothing');
	},
);

inTurn('an idle timeout that would do nothing is refused, and nothing is stored', async (t, store) => {
	const {app, client, sessions} = await startApp(t, {store}, route);
	const errors: Error[] = [];
	app.on('error', error => errors.push(error));
	const visitor = client();
	await visitor.get('/write');
	t.is((await visitor.get('/set/30d')).status, 500);
	t.is((await client().get('/set/30d')).status, 500);
	for (const error of errors) {
		t.true(error instanceof RangeError);
		t.regex(error.message, /Set the session's `absoluteTimeout` too/);
	}
	t.is(errors.length, 2);
	const {user, idleTimeout} = await read(visitor);
	t.deepEqual([user, idleTimeout], [undefined, undefined]);
	await t.throwsAsync(sessions.create({}, {idleTimeout: '30d'}), {instanceOf: RangeError});

	// The order of the two doesn't matter, and an option that has become shorter since refuses nothing.
	t.is((await visitor.get('/set/30d/90d')).status, 200);
	const shorter = await startApp(t, {store, absoluteTimeout: '2d'}, route);
	t.is((await visitor.fork(shorter.port).get('/write')).status, 200);
});

inTurn('values that are no timeouts are refused where they are assigned', async (t, store) => {
	const {client} = await startApp(t, {store}, async ctx => {
		for (const wrong of [0, 999, -1, 1.5, Infinity, '30 days', null, {}]) {
			t.throws(() => Object.assign(ctx.session, {idleTimeout: wrong}), {message: /`idleTimeout`/}, String(wrong));
			if (wrong === Infinity) continue;
			t.throws(() => Object.assign(ctx.session, {absoluteTimeout: wrong}), {message: /`absoluteTimeout`/});
		}
		ctx.status = 204;
	});
	await client().get('/');
	t.deepEqual(store.calls, []);
});

inTurn('`update()`, `create()` and `list()` know them', async (t, store) => {
	const clock = fakeClock(t);
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		await ctx.session.update(session => {
			session.idleTimeout = '7d';
		});
		ctx.status = 204;
	});
	const subject = randomUUID();
	const created = await sessions.create({}, {subject, idleTimeout: '30d', absoluteTimeout: Infinity});
	await clock.advance(20 * day);
	const [listed] = await all(sessions.list(subject));
	t.deepEqual(
		[listed?.lastSeenAt, listed?.expiresAt].map(date => date?.getTime()),
		[clock.now() - 20 * day, clock.now() + 10 * day],
	);

	const visitor = client();
	visitor.cookies.set('sid', created.token);
	t.is(maxAge((await visitor.get('/')).setCookie), 7 * day);
	const request = {headers: {cookie: visitor.cookie}, method: 'GET', url: '/', socket: {}} as never;
	const found = await sessions.fromRequest(request);
	t.like(found, {idleTimeout: 7 * day, absoluteTimeout: Infinity});
	t.deepEqual(found?.createdAt, new Date(clock.now() - 20 * day));
	t.deepEqual(found?.lastSeenAt, new Date(clock.now()));
});

inTurn('two changes of timeouts at once fail neither request, whatever pair they make', async (t, store) => {
	fakeClock(t);
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/set/30d/90d');
	const gate = holdNext(store, 'update');
	const resetting = visitor.get('/set/-/-');
	await gate.reached;
	const longer = visitor.get('/set/60d');
	while (store.calls.filter(call => call === 'read').length < 2) await new Promise(setImmediate);
	gate.open();
	t.deepEqual([(await resetting).status, (await longer).status], [200, 200]);
	t.like(await read(visitor), {user: 'ada', idleTimeout: 60 * day});
});

test.serial(
	'a timeout that is set after the headers are sent reaches record and cookie at the next request',
	async t => {
		const {client} = await startApp(t, {store: new MemoryStore()}, async ctx => {
			if (ctx.path !== '/stream') {
				await route(ctx);
				return;
			}
			ctx.respond = false;
			ctx.res.write('begun');
			Object.assign(ctx.session, {idleTimeout: '30d', absoluteTimeout: '90d'});
			await ctx.session.save();
			ctx.res.end();
		});
		const visitor = client();
		await visitor.get('/write');
		t.deepEqual((await visitor.get('/stream')).setCookie, []);
		await sleep(1);
		const {setCookie, body} = await visitor.get('/');
		t.is(maxAge(setCookie), 30 * day);
		t.is(JSON.parse(body).idleTimeout, 30 * day);
	},
);

for (const path of ['/early', '/regenerate']) {
	inTurn(
		`another request shortens a session, and ${path} has its expiry from before: it stays short`,
		async (t, store) => {
			const clock = fakeClock(t);
			const subject = randomUUID();
			const [entered, shortened, looked] = [new Gate(), new Gate(), new Gate()];
			const {client, sessions} = await startApp(t, {store, touchAfter: 0}, async ctx => {
				if (ctx.path === '/login') ctx.session.subject = subject;
				if (ctx.path === '/shorten') ctx.session.idleTimeout = '5m';
				if (ctx.path === '/early') {
					entered.open();
					await shortened.pass();
					ctx.flushHeaders();
					// What the headers began is over before this.
					await ctx.session.update(() => {});
					await looked.pass();
				}
				if (ctx.path === '/regenerate') await ctx.session.regenerate();
				ctx.body = '';
			});
			const visitor = client();
			await visitor.get('/login');
			await clock.advance(minute);
			const held = path === '/regenerate' ? holdNext(store, 'create') : undefined;
			const slow = visitor.fork().get(path);
			await (held?.reached ?? entered.pass());
			await visitor.get('/shorten');
			shortened.open();
			held?.open();
			await (held ? slow : looked.reached);
			const [{expiresAt} = {expiresAt: undefined}, ...more] = await all(sessions.list(subject));
			t.deepEqual([expiresAt?.getTime(), more.length], [clock.now() + 5 * minute, 0]);
			looked.open();
			await slow;
		},
	);
}
