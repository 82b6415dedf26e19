import http from 'node:http';
import type {ExecutionContext} from 'ava';
import test from 'ava';
import Koa from 'koa';
import mount from 'koa-mount';
import session, {type SessionOptions} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {cookie} from '../../source/transports/cookie.ts';
import {header} from '../../source/transports/header.ts';
import {boundRoute, startBoundApp} from '../helpers/device/bound-app.ts';
import {Browser} from '../helpers/device/browser.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {listen, type Route, request, testKeys} from '../helpers/http/app.ts';
import {errorPage} from '../helpers/http/error-page.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';
import {type WatchedStore, watch} from '../helpers/stores/watched-store.ts';

// What the owner of a device sees of it: nothing. The browser is ours, and does as Chromium does; time is faked.

const minute = 60_000;

const start = async (t: ExecutionContext, options: SessionOptions = {}, route?: Route) => {
	const clock = fakeClock(t);
	const started = await startBoundApp(t, {store: new MemoryStore(), ...options}, route);
	return {clock, ...started};
};

/** Logs in, and goes on until a proof is demanded of everybody. */
const logIn = async (browser: Browser, clock: {advance(milliseconds: number): Promise<void>}): Promise<void> => {
	await browser.visit('/login/ada');
	await browser.visit('/reads');
	await browser.visit('/reads');
	await clock.advance(minute);
};

const registrations = (browser: Browser): number => browser.log.filter(line => line === 'register 200').length;

onEachStore(
	'a login is bound, confirmed, and goes on for hours',
	async (t, store) => {
		const {browser, clock} = await start(t, {store});
		const ada = browser();
		t.is((await ada.visit('/login/ada')).body, 'ada');
		t.is((await ada.visit('/reads')).body, 'ada, bound', 'by the cookie of the registration');
		for (let minutes = 0; minutes < 150; minutes += 7.5) {
			await clock.advance(7.5 * minute);
			t.is((await ada.visit('/write')).body, 'ada, bound');
		}

		t.deepEqual(ada.skipped, []);
		const [registered, ...refreshes] = ada.log;
		t.is(registered, 'register 200');
		// One at once, and then one at every second visit.
		t.deepEqual(refreshes, Array(11).fill(['refresh 403', 'refresh 200']).flat());
	},
	test.serial,
);

onTwoStores(
	'a request costs no store call more than without, a registration two, a confirmation one write, and a refresh two reads',
	async (t, store) => {
		const {browser, clock} = await start(t, {store});
		const ada = browser();
		ada.isHasty = false;
		const callsOf = async (act: () => Promise<unknown>) => {
			store.calls.length = 0;
			await act();
			return store.calls.join();
		};
		t.is(await callsOf(() => ada.visit('/login/ada')), 'create');
		t.is(await callsOf(() => ada.visit('/reads')), 'read');
		t.is(await callsOf(() => ada.register()), 'read,update');
		t.is(await callsOf(() => ada.visit('/reads')), 'read,read,read', 'the first refresh goes beside it');
		t.is(await callsOf(() => ada.visit('/write')), 'read,update', 'the confirmation is in the write of the route');
		t.is(await callsOf(() => ada.visit('/reads')), 'read');

		await clock.advance(11 * minute);
		t.is(await callsOf(() => ada.refresh()), 'read,read');
		t.is(await callsOf(() => ada.visit('/reads')), 'read');

		const eve = browser();
		await eve.visit('/login/eve');
		await eve.visit('/reads');
		t.is(await callsOf(() => eve.visit('/reads')), 'read,update', 'a confirmation alone');
		t.is(await callsOf(() => eve.visit('/reads')), 'read');
	},
	test.serial,
);

test.serial('a browser without it, and a visitor who is nobody, see nothing of it', async t => {
	const {browser, clock} = await start(t);
	const [old, visitor] = [browser({speaks: false}), browser()];
	await old.visit('/login/ada');
	await visitor.visit('/visit');
	await clock.advance(60 * minute);
	t.is((await old.visit('/reads')).body, 'ada');
	t.is((await visitor.visit('/reads')).body, 'nobody');
	for (const {log, jar} of [old, visitor]) {
		t.deepEqual(log, []);
		t.deepEqual(
			jar.cookies.map(({name}) => name),
			['sid'],
		);
	}
});

test.serial('with the option off, no response differs by a byte, whatever a browser sends', async t => {
	const clock = fakeClock(t);
	void clock;
	const answersOf = async (options: SessionOptions) => {
		const {port} = await startBoundApp(t, {store: new MemoryStore(), ...options});
		const answers: string[] = [];
		let sid = '';
		for (const [method, path] of [
			['GET', '/reads'],
			['GET', '/visit'],
			['GET', '/login/ada'],
			['GET', '/write'],
			['GET', '/keep'],
			['POST', '/.session-key'],
			['GET', '/fail'],
			['GET', '/logout'],
		] as const) {
			const headers = {
				cookie: `${sid}; sid-bound=f.1.x; sid-key=x`,
				'x-forwarded-proto': 'https',
				'sec-secure-session-id': 'x'.repeat(43),
			};
			const answer = await request(port, path, {method, headers});
			sid = answer.setCookie.find(line => line.startsWith('sid='))?.split(';')[0] ?? sid;
			// Another second may have begun.
			const {date: _, ...others} = answer.headers;
			answers.push(
				JSON.stringify([answer.status, Object.entries(others), answer.body]).replaceAll(/sid=[\w.-]+/g, 'sid='),
			);
		}
		return answers;
	};
	t.deepEqual(await answersOf({deviceBound: false}), await answersOf({deviceBound: undefined}));
	const off = await answersOf({deviceBound: false});
	t.notRegex(off.join(), /Secure-Session|sid-bound|sid-key|session-key/i);
	t.not((await answersOf({})).join(), off.join(), 'the option makes a difference');
});

test.serial('tabs that ask at once go on, with cookies of before and after', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	await logIn(ada, clock);
	const before = ada.steal();
	await clock.advance(8 * minute);
	await ada.visit('/reads');
	const after = ada.steal();
	const [old, fresh] = [before, after].map(({cookie}) => /sid-bound=[^;]+/.exec(cookie)?.[0]);
	t.true(old !== undefined && fresh !== undefined && old !== fresh, 'it was refreshed ahead of time');
	const asked = Array.from({length: 4}, () => [before, after]).flat();
	const answers = await Promise.all(
		asked.map(headers => request(ada.port, '/reads', {headers: {...headers, 'x-forwarded-proto': 'https'}})),
	);
	t.deepEqual(
		answers.map(({body}) => body),
		Array(8).fill('ada, bound'),
	);
});

test.serial('tabs that refresh at once all go on', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	await logIn(ada, clock);
	await clock.advance(11 * minute);
	const posts = ada.log.length;
	const answers = await Promise.all(Array.from({length: 4}, () => ada.visit('/reads')));
	t.deepEqual(
		answers.map(({body}) => body),
		Array(4).fill('ada, bound'),
	);
	const refreshes = Array(4).fill(['refresh 200', 'refresh 403']).flat();
	t.deepEqual(ada.log.slice(posts).toSorted(), refreshes.toSorted());
	t.is(ada.bindings.length, 1);
	t.is((await ada.visit('/reads')).body, 'ada, bound');
});

test.serial('a link on another site starts a refresh, though it carries no other cookie', async t => {
	for (const sameSite of ['lax', 'strict'] as const) {
		const {browser, clock} = await start(t, {cookie: {sameSite}});
		const ada = browser();
		await logIn(ada, clock);
		await clock.advance(11 * minute);
		const link = await ada.visit('/reads', {from: 'other site'});
		t.is(link.body, sameSite === 'lax' ? 'ada, bound' : 'nobody', 'a Strict cookie isn’t sent at all');
		t.is((await ada.visit('/reads')).body, 'ada, bound');
		t.is(ada.bindings.length, 1);
	}
});

test.serial('with SameSite=None, other sites start no refresh', async t => {
	const {browser, clock} = await start(t, {cookie: {sameSite: 'none'}});
	const ada = browser();
	await logIn(ada, clock);
	await clock.advance(12 * minute);
	t.is((await ada.visit('/reads', {from: 'other site'})).body, 'nobody');
	t.is((await ada.visit('/reads')).body, 'ada, bound');
});

test.serial('a login to which another site has led is bound, too', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	await ada.visit('/login/ada', {from: 'other site'});
	t.deepEqual(ada.log, ['register 200']);
	await ada.visit('/reads');
	await ada.visit('/reads');
	await clock.advance(12 * minute);
	t.is((await ada.visit('/reads', {from: 'other site'})).body, 'ada, bound');
	t.is((await ada.visit('/reads')).body, 'ada, bound');
});

test.serial('a lost answer to a refresh costs one more refresh', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	await logIn(ada, clock);
	await clock.advance(8.5 * minute);
	ada.loses = 'refresh';
	t.is((await ada.visit('/reads')).body, 'ada, bound', 'there is time left');
	t.is((await ada.visit('/reads')).body, 'ada, bound');
	t.deepEqual(ada.log.slice(-3), ['refresh lost', 'refresh 403', 'refresh 200']);
});

test.serial('after a lost answer to a registration, the session stays unbound, and the next login binds', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	ada.loses = 'register';
	await ada.visit('/login/ada');
	await clock.advance(60 * minute);
	t.is((await ada.visit('/reads')).body, 'ada');
	await ada.visit('/login/ada');
	t.is((await ada.visit('/reads')).body, 'ada, bound');
	t.deepEqual(ada.log, ['register lost', 'register 200', 'refresh 403', 'refresh 200']);
});

test.serial('a new id keeps the binding, whatever it keeps of the data, and the browser refreshes it', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	await logIn(ada, clock);
	for (const [path, user] of [
		['/keep', 'ada'],
		['/regenerate', 'nobody'],
	] as const) {
		const [before] = ada.jar.cookies;
		const answer = await ada.visit(path);
		t.not(ada.jar.cookies.find(({name}) => name === 'sid')?.value, before?.value);
		t.is(answer.headers['secure-session-registration'], undefined, 'it is bound already');
		await clock.advance(12 * minute);
		await ada.visit('/visit', {from: 'other site'});
		t.is((await ada.visit('/reads')).body, `${user}, bound`);
	}

	t.is(registrations(ada), 1);
});

test.serial('a refresh that is under way while the session gets a new id is answered', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	await logIn(ada, clock);
	await clock.advance(8.5 * minute);
	ada.beforeProof = async () => {
		ada.beforeProof = async () => undefined;
		await ada.visit('/keep');
	};
	await ada.refresh('other site');
	t.is(ada.log.at(-1), 'refresh 200');
	t.is((await ada.visit('/reads')).body, 'ada, bound');

	// With the cookie of the old id only: the answer to the request that made the new one is still on its way.
	const held = ada.jar.for('/.session-key', 'same site', 'POST');
	await ada.visit('/keep');
	for (const each of held)
		ada.jar.keep([`${each.name}=${each.value}; Path=${each.path}; Max-Age=1000; Secure; SameSite=None`]);
	await ada.refresh();
	t.is(ada.log.at(-1), 'refresh 200');
});

test.serial('a session that ended is over for the browser after one refresh', async t => {
	for (const end of ['logout', 'revoke'] as const) {
		const {browser, clock, sessions} = await start(t);
		const ada = browser();
		await logIn(ada, clock);
		if (end === 'logout') {
			await ada.visit('/logout');
			t.deepEqual(
				ada.jar.cookies.map(({name}) => name),
				[],
				'all three cookies are cleared',
			);
		} else {
			t.is(await sessions.revoke('ada'), 1);
			await clock.advance(11 * minute);
		}

		const posts = ada.log.length;
		t.is((await ada.visit('/reads')).body, 'nobody');
		t.is((await ada.visit('/reads')).body, 'nobody');
		t.deepEqual(ada.log.slice(posts), ['refresh 404']);
		t.deepEqual(ada.bindings, []);
		await ada.visit('/login/ada');
		t.is((await ada.visit('/reads')).body, 'ada, bound');
	}
});

test.serial('a session that was closed with the browser needs no proof any more', async t => {
	const {browser, clock} = await start(t, {permanent: false});
	const ada = browser();
	await logIn(ada, clock);
	ada.jar.closeBrowser();
	await clock.advance(11 * minute);
	t.is((await ada.visit('/reads')).body, 'nobody');
	t.is(ada.log.at(-1), 'refresh 404');
});

test.serial('two logins in a browser: the first binding ends, the second goes on', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	await logIn(ada, clock);
	ada.jar.remove('sid');
	await ada.visit('/login/eve');
	t.is(ada.bindings.length, 2);
	for (let visits = 0; visits < 5; visits++) {
		await clock.advance(11 * minute);
		await ada.visit('/reads');
		t.is((await ada.visit('/reads')).body, 'eve, bound');
	}

	t.is(ada.bindings.length, 1);
});

test.serial('keys that change log nobody out, also one that is dropped', async t => {
	let keys = [...testKeys];
	const {browser, clock} = await start(t, {keys: () => keys});
	const ada = browser();
	await logIn(ada, clock);
	keys = ['a key that is newer than the two before', ...keys];
	t.is((await ada.visit('/reads')).body, 'ada, bound');
	keys = ['a key that is taken back at once, as it leaked', ...keys];
	ada.beforeProof = async () => {
		keys = ['a key that is newer than the two before'];
	};
	await clock.advance(11 * minute);
	t.is((await ada.visit('/reads')).body, 'ada, bound');
	t.is(ada.log.slice(-3).join(), 'refresh 403,refresh 403,refresh 200', 'a challenge of the dropped key is made again');
	await clock.advance(11 * minute);
	await ada.visit('/reads', {from: 'other site'});
	t.is((await ada.visit('/reads')).body, 'ada, bound', 'the other cookie was signed again as well');
});

test.serial('what a browser sends quoted is understood', async t => {
	const {browser, clock} = await start(t);
	const ada = browser();
	ada.quotes = text => `"${text}"`;
	await logIn(ada, clock);
	await clock.advance(11 * minute);
	t.is((await ada.visit('/reads')).body, 'ada, bound');
});

test.serial('signatures that a browser may not make, and a server that fails, end no binding', async t => {
	const store = watch(new MemoryStore());
	const {browser, clock} = await start(t, {store, deviceBound: {lifetime: '5m'}});
	const ada = browser();
	await logIn(ada, clock);
	store.around = async () => {
		throw new Error('the store is down');
	};
	await clock.advance(6 * minute);
	t.is((await ada.visit('/reads')).status, 503);
	t.deepEqual(ada.skipped, ['server_error']);
	store.around = (_operation, call) => call();
	t.is((await ada.visit('/reads')).body, 'ada, bound');

	for (let times = 0; times < 6; times++) await ada.refresh();
	ada.jar.remove('sid-bound');
	t.is((await ada.visit('/reads')).body, 'nobody');
	t.is(ada.skipped.at(-1), 'quota_exceeded');
	await clock.advance(9 * minute);
	t.is((await ada.visit('/reads')).body, 'ada, bound');
});

test.serial('paths below an excluded one wait for no refresh', async t => {
	const {browser, clock} = await start(t, {deviceBound: {exclude: ['/assets']}});
	const ada = browser();
	await logIn(ada, clock);
	await clock.advance(11 * minute);
	const posts = ada.log.length;
	await ada.visit('/assets/style.css');
	t.is(ada.log.length, posts);
	t.is((await ada.visit('/assetsx')).body, 'ada, bound');
	t.true(ada.log.length > posts);
});

test.serial('`only` says which sessions are bound, and is asked only for a new id', async t => {
	const asked: string[] = [];
	const {browser} = await start(t, {
		deviceBound: {
			only(ctx) {
				asked.push(ctx.path);
				return ctx.path === '/visit';
			},
		},
	});
	const ada = browser();
	for (const path of ['/reads', '/visit', '/write', '/login/ada']) await ada.visit(path);
	t.deepEqual(asked, ['/visit'], 'the login finds it bound');
	t.is(registrations(ada), 1);
});

for (const first of ['save()', 'update()'] as const) {
	test.serial(`a login that calls ${first} before it says whose session it is, is bound too`, async t => {
		const {browser, clock} = await start(t, {}, async ctx => {
			const {session} = ctx;
			if (ctx.path === '/login') {
				await session.regenerate();
				session['passport'] = {user: 'ada'};
				if (first === 'save()') await session.save();
				else await session.update(newest => Object.assign(newest, {logins: 1}));
				session.subject = 'ada';
			}
			if (ctx.path === '/visit') session['visited'] = true;
			ctx.body = `${session.subject ?? 'nobody'}${session.isBound ? ', bound' : ''}`;
		});
		for (const before of [[], ['/visit']]) {
			const ada = browser();
			for (const path of [...before, '/login', '/reads', '/reads']) await ada.visit(path);
			await clock.advance(minute);
			t.is((await ada.visit('/reads')).body, 'ada, bound');
			t.is(registrations(ada), 1);
		}
	});
}

test.serial('sessions are listed as bound once their key is registered', async t => {
	const {browser, sessions} = await start(t);
	await browser().visit('/login/ada');
	await browser({speaks: false}).visit('/login/ada');
	const listed = await all(sessions.list('ada'));
	t.deepEqual(listed.map(({isBound}) => isBound).toSorted(), [false, true]);
});

test.serial('each step is published once', async t => {
	const {browser, clock} = await start(t);
	const events = recordEvents(t, ['bind']);
	const ada = browser();
	await logIn(ada, clock);
	await ada.visit('/reads');
	const {payload} = events[0] ?? {};
	const {session: name = ''} = payload as {session?: string};
	t.regex(name, /^[\w-]{8}$/);
	t.deepEqual(
		events.map(event => event.payload),
		['offered', 'registered', 'refreshed', 'confirmed'].map(step => ({session: name, step})),
	);
	events.length = 0;
	await clock.advance(12 * minute);
	await request(ada.port, '/reads', {headers: {...ada.steal(), 'x-forwarded-proto': 'https'}});
	t.deepEqual(
		events.map(event => event.payload),
		[{session: name, step: 'refused', reason: 'unproven'}],
	);
});

test.serial('a session made without a request, or carried by a header, is never offered', async t => {
	const {port, sessions} = await start(t, {transport: [cookie(), header('x-session')]});
	const api = await request(port, '/login/ada', {headers: {'x-session': '', 'x-forwarded-proto': 'https'}});
	t.truthy(api.headers['x-session']);
	t.is(api.headers['secure-session-registration'], undefined);
	const made = await sessions.create({user: 'ada'}, {subject: 'ada'});
	const answer = await request(port, '/reads', {headers: {cookie: made.header, 'x-forwarded-proto': 'https'}});
	t.is(answer.body, 'ada');
	t.is(answer.headers['secure-session-registration'], undefined);
});

test.serial('nothing is offered over plain HTTP, where browsers do nothing of it', async t => {
	const {client} = await start(t);
	const visitor = client();
	const answer = await visitor.get('/login/ada');
	t.is(answer.headers['secure-session-registration'], undefined);
	t.is((await visitor.get('/reads')).body, 'ada');
});

test.serial('a mounted application has its endpoint below its path', async t => {
	const clock = fakeClock(t);
	const [outer, inner] = [new Koa(), new Koa()];
	outer.proxy = true;
	outer.silent = true;
	inner.keys = testKeys;
	const options = {store: new MemoryStore(), deviceBound: {path: '/shop/.session-key'}};
	inner.use(session(inner, options));
	inner.use(ctx => boundRoute(ctx as never));
	outer.use(mount('/shop', inner));
	outer.use(ctx => {
		ctx.body = 'outside';
	});
	const ada = new Browser(await listen(t, outer));
	await ada.visit('/shop/login/ada');
	await ada.visit('/shop/reads');
	await ada.visit('/shop/reads');
	await clock.advance(12 * minute);
	t.is((await ada.visit('/shop/reads')).body, 'ada, bound');
	t.is((await ada.visit('/.session-key', {method: 'POST'})).body, 'outside');
	t.is((await ada.visit('/shop/.session-key')).body.startsWith('nobody'), false, 'a GET is a page like the others');
});

test.serial('two sessions of one application are bound apart', async t => {
	const clock = fakeClock(t);
	const app = new Koa();
	app.proxy = true;
	app.silent = true;
	app.keys = testKeys;
	const store = new MemoryStore();
	const admin = {store, property: 'admin', cookie: {name: 'admin'}, deviceBound: {path: '/.admin-key'}};
	app.use(session(app, {store, deviceBound: true}));
	app.use(session(app, admin));
	app.use(async ctx => {
		const both = [ctx['session'], ctx['admin']];
		for (const each of ctx.path.startsWith('/login') ? both : []) {
			await each.regenerate();
			each.subject = 'ada';
		}
		ctx.body = both.map(({subject, isBound}) => `${subject} ${isBound}`).join();
	});
	const ada = new Browser(await listen(t, app));
	await ada.visit('/login');
	await ada.visit('/reads');
	await ada.visit('/reads');
	await clock.advance(12 * minute);
	t.is((await ada.visit('/reads')).body, 'ada true,ada true');

	for (const [message, options] of [
		['`admin` is taken', {...admin, cookie: {name: 'other'}}],
		['`sid-bound` is taken', {store, property: 'other', cookie: {name: 'sid-bound'}}],
		['`sid-key` is taken', {store, property: 'more', cookie: {name: 'sid-key'}}],
		['`/.admin-key` is taken', {...admin, property: 'third', cookie: {name: 'third'}}],
	] as const) {
		const error = t.throws(() => session(app, options), {code: 'ERR_SESSION_DUPLICATE'});
		t.true(error?.message.includes(message), error?.message);
	}
});

test.serial('a bare request is judged as a route is', async t => {
	const {browser, clock, sessions} = await start(t);
	const ada = browser();
	await logIn(ada, clock);
	const read = async () => {
		const found = await sessions.fromRequest(
			Object.assign(Object.create(http.IncomingMessage.prototype), {
				headers: ada.steal(),
				method: 'GET',
				url: '/',
				socket: {},
			}),
		);
		return found && [found['user'], found.isBound];
	};
	t.deepEqual(await read(), ['ada', true]);
	await clock.advance(12 * minute);
	t.is(await read(), undefined);
	await ada.visit('/reads');
	t.deepEqual(await read(), ['ada', true]);
});

test.serial('two processes share nothing but the store and the keys', async t => {
	const clock = fakeClock(t);
	const store = new MemoryStore();
	const [one, other] = [await startBoundApp(t, {store}), await startBoundApp(t, {store})];
	const ada = one.browser();
	await logIn(ada, clock);
	ada.beforeProof = async () => {
		ada.port = ada.port === one.port ? other.port : one.port;
	};
	for (let times = 0; times < 4; times++) {
		await clock.advance(12 * minute);
		t.is((await ada.visit('/reads')).body, 'ada, bound');
	}
});

const counted = (store: WatchedStore): string => store.calls.join();

test.serial('a failed login leaves no key that it has offered to replace', async t => {
	const {browser, sessions} = await start(t, {}, async ctx => {
		if (ctx.path === '/again') {
			await ctx.session.regenerate();
			ctx.throw(500);
		}
		await boundRoute(ctx);
	});
	const ada = browser();
	await ada.visit('/login/ada');
	t.is(registrations(ada), 1);
	t.is((await ada.visit('/again')).status, 500);
	t.false(
		ada.log.some(line => line.endsWith(' 409')),
		ada.log.join(),
	);
	t.is(registrations(ada), 2, 'the new key takes the place of the one that was never confirmed');
	const listed = await all(sessions.list('ada'));
	t.deepEqual(
		listed.map(({isBound}) => isBound),
		[true],
	);
});

test.serial('a failed route confirms nothing, and loses nothing by that', async t => {
	const store = watch(new MemoryStore());
	const {browser} = await start(t, {store});
	const events = recordEvents(t, ['bind', 'lost']);
	const ada = browser();
	await ada.visit('/login/ada');
	await ada.visit('/reads');
	store.calls.length = 0;
	t.is((await ada.visit('/fail')).status, 500);
	t.is(counted(store), 'read');
	await ada.visit('/reads');
	t.is(counted(store), 'read,read,update');
	t.deepEqual(
		events.map(({name, payload}) => (name === 'lost' ? name : (payload as {step: string}).step)),
		['offered', 'registered', 'refreshed', 'confirmed'],
	);
});

test.serial(
	'an error page sees nothing of a session if `extend` failed, even as the device confirms its key',
	async t => {
		let fails = false;
		const extend = () => {
			if (fails) throw new Error('no');
			return true;
		};
		const shown: unknown[] = [];
		const options = {store: new MemoryStore(), extend, touchAfter: 0};
		const page = errorPage(ctx => {
			shown.push({...ctx.session});
			ctx.status = 503;
		});
		const {browser} = await startBoundApp(t, options, boundRoute, page);
		const ada = browser();
		await ada.visit('/login/ada');
		await ada.visit('/reads');
		fails = true;
		t.is((await ada.visit('/reads')).status, 503);
		t.deepEqual(shown, [{}]);
	},
);

test.serial('keys that are gone when the headers leave break no response', async t => {
	let keys: readonly string[] | undefined = testKeys;
	const {browser, clock} = await start(t, {keys: () => keys}, async ctx => {
		await boundRoute(ctx);
		if (ctx.path === '/keep/gone') {
			await ctx.session.save();
			keys = undefined;
		}
	});
	const ada = browser();
	await logIn(ada, clock);
	const {status, setCookie} = await ada.visit('/keep/gone');
	t.is(status, 500);
	t.deepEqual(setCookie.map(line => line.slice(0, line.indexOf('='))).sort(), ['sid', 'sid-key']);

	keys = testKeys;
	t.is((await ada.visit('/reads')).body, 'ada, bound', 'under its new id');
});
