import test, {type ExecutionContext} from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

// Rule 14. The clock is faked, so these scenarios run one after the other.

const minute = 60_000;
const hour = 60 * minute;

const route: Route = async ctx => {
	if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
	if (ctx.path === '/regenerate') await ctx.session.regenerate();
	ctx.body = ctx.path === '/expiry' ? String(ctx.session.expiresAt.getTime()) : String(ctx.session['views']);
};

const onEachStoreInTurn = (title: string, run: Parameters<typeof onEachStore>[1]): void =>
	onEachStore(title, run, test.serial);

/** Reads, and tells whether the session is there. */
const isThere = async (visitor: Client): Promise<boolean> => (await visitor.get('/read')).body !== 'undefined';

/** The cookie's and the record's idea of the end are one. */
const assertAgree = async (
	t: ExecutionContext,
	visitor: Client,
	line: string | undefined,
	now: number,
): Promise<void> => {
	const {attributes} = parseSetCookie(line);
	const expiresAt = Number((await visitor.get('/expiry')).body);
	t.is(Number(attributes['Max-Age']), Math.ceil((expiresAt - now) / 1000));
	t.is(attributes['Expires'], new Date(expiresAt).toUTCString());
};

onEachStoreInTurn('a session ends after the idle timeout, to the millisecond', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, idleTimeout: '1h'}, route);
	const visitor = client();
	await visitor.get('/write');
	const tab = visitor.fork();

	await clock.advance(hour - 1);
	t.true(await isThere(visitor.fork()), 'this read extends it');
	await clock.advance(hour - 1);
	t.true(await isThere(visitor.fork()));
	await clock.advance(hour);
	const {body, setCookie} = await tab.get('/read');
	t.is(body, 'undefined');
	t.deepEqual(setCookie, [], 'the client may hold another one by now');
});

onEachStoreInTurn('a session that is used all the time ends after the absolute timeout', async (t, store) => {
	const clock = fakeClock(t);
	const start = clock.now();
	const {client} = await startApp(t, {store, idleTimeout: '1h', absoluteTimeout: '3h'}, route);
	const visitor = client();
	await assertAgree(t, visitor, (await visitor.get('/write')).setCookie[0], start);
	for (let passed = 0; passed < 6; passed++) {
		// The last one leaves minutes: a server that measures time itself knows nothing of the clock here.
		await clock.advance(29 * minute);
		const {setCookie} = await visitor.get(passed === 2 ? '/regenerate' : '/write');
		if (setCookie[0]) await assertAgree(t, visitor, setCookie[0], clock.now());
		const expiresAt = Number((await visitor.get('/expiry')).body);
		t.is(expiresAt, Math.min(clock.now() + hour, start + 3 * hour), `after ${passed + 1} times 29 minutes`);
	}

	await clock.advance(6 * minute - 1);
	t.true(await isThere(visitor));
	await clock.advance(1);
	t.false(await isThere(visitor));
});

onEachStoreInTurn(
	'100 reads within `touchAfter` cost no write; the next one extends record and cookie',
	async (t, store) => {
		const clock = fakeClock(t);
		const {client} = await startApp(t, {store, idleTimeout: '1000s', touchAfter: '100s'}, route);
		const visitor = client();
		await visitor.get('/write');
		store.calls.length = 0;
		for (let reads = 0; reads < 100; reads++) {
			await clock.advance(reads === 0 ? 0 : 1000);
			t.deepEqual((await visitor.get('/read')).setCookie, []);
		}

		t.deepEqual(new Set(store.calls), new Set(['read']));
		t.is(store.calls.length, 100);

		await clock.advance(999);
		t.deepEqual((await visitor.get('/read')).setCookie, []);
		await clock.advance(1);
		store.calls.length = 0;
		const {setCookie} = await visitor.get('/read');
		t.deepEqual(store.calls, ['read', 'touch']);
		t.is(parseSetCookie(setCookie[0]).attributes['Max-Age'], '1000');
		await assertAgree(t, visitor, setCookie[0], clock.now());
		t.deepEqual((await visitor.get('/read')).setCookie, [], 'and then not for a while');
	},
);

onEachStoreInTurn(
	'a change within `touchAfter` keeps the expiry and sends no cookie; a later one extends',
	async (t, store) => {
		const clock = fakeClock(t);
		const {client} = await startApp(t, {store, idleTimeout: '1000s', touchAfter: '100s'}, route);
		const visitor = client();
		await visitor.get('/write');
		const before = (await visitor.get('/expiry')).body;

		await clock.advance(99_999);
		t.deepEqual((await visitor.get('/write')).setCookie, []);
		t.is((await visitor.get('/expiry')).body, before);

		await clock.advance(1);
		store.calls.length = 0;
		const {setCookie} = await visitor.get('/write');
		t.deepEqual(store.calls, ['read', 'update'], 'in one write');
		await assertAgree(t, visitor, setCookie[0], clock.now());
	},
);

onEachStoreInTurn('by default, the expiry moves after a tenth of the idle timeout', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, idleTimeout: '10h'}, route);
	const visitor = client();
	await visitor.get('/write');
	await clock.advance(hour - 1);
	t.deepEqual((await visitor.get('/read')).setCookie, []);
	await clock.advance(1);
	t.is((await visitor.get('/read')).setCookie.length, 1);
});

onEachStoreInTurn('no absolute timeout: a session that is used never ends', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, idleTimeout: '1h', absoluteTimeout: Infinity}, route);
	const visitor = client();
	await visitor.get('/write');
	for (let days = 0; days < 100; days++) {
		await clock.advance(hour - 1);
		t.true(await isThere(visitor));
	}
});

test.serial(
	'a login with a new id keeps the absolute expiry; one that ends the session first begins it again',
	async t => {
		const clock = fakeClock(t);
		const start = clock.now();
		const options = {store: new MemoryStore(), idleTimeout: '3h', absoluteTimeout: '3h'} as const;
		const {client} = await startApp(t, options, async ctx => {
			if (ctx.path === '/new-id') await ctx.session.regenerate();
			if (ctx.path === '/end-first') await ctx.session.destroy();
			if (ctx.path !== '/expiry') ctx.session['user'] = ctx.path;
			ctx.body = String(ctx.session.expiresAt.getTime());
		});
		const visitor = client();
		await visitor.get('/cart');
		await clock.advance(2 * hour);
		await visitor.get('/new-id');
		t.is(Number((await visitor.get('/expiry')).body), start + 3 * hour);
		await visitor.get('/end-first');
		t.is(Number((await visitor.get('/expiry')).body), start + 5 * hour);
	},
);

onEachStoreInTurn('options that were shortened hold for sessions that are older', async (t, store) => {
	const clock = fakeClock(t);
	const long = await startApp(t, {store, idleTimeout: '10d', absoluteTimeout: '30d'}, route);
	const short = await startApp(t, {store, idleTimeout: '1h', absoluteTimeout: '2d'}, route);
	const move = (visitor: Client): Client => {
		const moved = short.client();
		for (const [name, value] of visitor.cookies) moved.cookies.set(name, value);
		return moved;
	};

	const [early, late] = [long.client(), long.client()];
	await early.get('/write');
	await clock.advance(24 * hour);
	await late.get('/write');
	const stillThere = move(early);
	const {setCookie} = await stillThere.get('/read');
	await assertAgree(t, stillThere, setCookie[0], clock.now());
	t.is(parseSetCookie(setCookie[0]).attributes['Max-Age'], '3600', 'the shorter idle timeout holds from the first use');

	await clock.advance(hour);
	t.false(await isThere(stillThere));
	await clock.advance(47 * hour);
	t.false(await isThere(move(late)), 'the shorter absolute timeout counts from creation');
});

onEachStoreInTurn('options that were lengthened extend at the first use', async (t, store) => {
	const clock = fakeClock(t);
	const short = await startApp(t, {store, idleTimeout: '1h'}, route);
	const long = await startApp(t, {store, idleTimeout: '10h'}, route);
	const visitor = short.client();
	await visitor.get('/write');
	const moved = long.client();
	moved.cookies.set('sid', visitor.cookies.get('sid') ?? '');
	const {setCookie} = await moved.get('/read');
	await assertAgree(t, moved, setCookie[0], clock.now());
	t.is(parseSetCookie(setCookie[0]).attributes['Max-Age'], '36000');
});

onEachStoreInTurn('expiry is checked by us, whatever the store still gives out', async (t, store) => {
	const clock = fakeClock(t);
	const {client} = await startApp(t, {store, idleTimeout: '1h'}, route);
	const visitor = client();
	await visitor.get('/write');
	let sleepy: unknown;
	store.around = async (operation, call) => {
		const answer = await call();
		if (operation === 'read') sleepy ??= answer;
		return operation === 'read' ? sleepy : answer;
	};
	t.true(await isThere(visitor));
	await clock.advance(hour);
	t.false(await isThere(visitor));
});

test.serial(
	'a clock that is ahead by up to an hour takes no old id for a new session; beyond that, it does',
	async t => {
		const clock = fakeClock(t);
		const store = new MemoryStore();
		const {client} = await startApp(t, {store}, route);
		// The late request comes to a machine whose clock is ahead.
		const late = async (ahead: number) => {
			const visitor = client();
			await visitor.get('/write');
			const tab = visitor.fork();
			await visitor.get('/regenerate');
			await clock.advance(ahead);
			const {setCookie} = await tab.get('/write');
			await clock.advance(-ahead);
			return setCookie.length;
		};
		t.is(await late(hour - 1), 0, 'the late request with the old id changes nothing');
		t.is(await late(hour), 1);
	},
);
