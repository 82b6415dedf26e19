import test, {type ExecutionContext} from 'ava';
import type Koa from 'koa';
import {KoaPassport, type PassportContext} from 'koa-passport';
import {ObjectId} from 'mongodb';
import {Strategy} from 'passport-local';
import {SessionError, type Store} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp, type TestContext} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {openStore, redisUrl} from '../helpers/stores/redis.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// koa-passport as it is: what it asks of a session is what express-session offers.

const password = 'correct horse';

/** An application as the README of koa-passport has it, but that the form comes in headers. */
const startPassport = async (t: ExecutionContext, store: Store) => {
	const passport = new KoaPassport();
	passport.use(
		new Strategy((name, given, done) => {
			if (given === password) done(null, {name});
			else done(null, false, {message: 'Wrong password'});
		}),
	);
	passport.serializeUser((user: {name: string}, done) => done(null, user.name));
	passport.deserializeUser((name: string, done) => done(null, {name}));

	const keep = {keepSessionInfo: true};
	const logins: Readonly<Record<string, Koa.Middleware>> = {
		'/login': passport.authenticate('local', {successRedirect: '/', failureRedirect: '/', failureMessage: true}),
		'/login/keep': passport.authenticate('local', {...keep, successRedirect: '/', failureRedirect: '/'}),
	};
	const route: Route = async (context: TestContext) => {
		const ctx = context as unknown as PassportContext & TestContext;
		const {name} = ctx.query;
		(ctx.request as {body?: unknown}).body = {username: name, password: ctx.get('password')};
		const login = logins[ctx.path];
		if (login) return login(ctx as never, async () => undefined);

		if (ctx.path === '/cart') ctx.session['cart'] = ['pear'];
		if (ctx.path === '/logout') await ctx.logout();
		if (ctx.path === '/logout/keep') await ctx.logout(keep);
		if (ctx.path === '/by-hand') await ctx.login({name}, keep);
		ctx.body = JSON.stringify({user: ctx.state['user']?.name, known: ctx.isAuthenticated(), ...ctx.session});
	};

	const started = await startApp(t, {store}, async ctx => {
		await passport.initialize()(ctx as never, async () => {
			await passport.session()(ctx as never, async () => {
				await route(ctx);
			});
		});
	});
	return {...started, page: async (client: Client, path: string) => JSON.parse((await client.get(path)).body)};
};

const logIn = (client: Client, path = '/login', given = password) =>
	client.get(`${path}?name=ada`, {headers: {password: given}});

const stores: Readonly<Record<string, (t: ExecutionContext) => Promise<Store>>> = {
	memory: async () => new MemoryStore(),
	redis: async t => openStore(t, await redisUrl()),
};

for (const [name, open] of Object.entries(stores)) {
	test(`${name}: a login through koa-passport gives a new id, and drops what was there before`, async t => {
		const {client, page, sessions} = await startPassport(t, await open(t));
		const browser = client();
		await page(browser, '/cart');
		const planted = browser.fork();

		const answer = await logIn(browser);
		t.is(answer.status, 302);
		t.not(browser.cookie, planted.cookie);
		t.deepEqual(await page(browser, '/'), {user: 'ada', known: true, passport: {user: 'ada'}});
		t.deepEqual(await page(planted, '/'), {known: false});
		t.is(await storedData(sessions, planted), undefined);
	});

	test(`${name}: keepSessionInfo keeps what was there before, at login and at logout`, async t => {
		const {client, page} = await startPassport(t, await open(t));
		const browser = client();
		await page(browser, '/cart');
		await logIn(browser, '/login/keep');
		const cart = {cart: ['pear']};
		t.deepEqual(await page(browser, '/'), {user: 'ada', known: true, ...cart, passport: {user: 'ada'}});

		const loggedIn = browser.fork();
		await page(browser, '/logout/keep');
		t.not(browser.cookie, loggedIn.cookie);
		t.deepEqual(await page(browser, '/'), {known: false, ...cart, passport: {}});
		t.deepEqual(await page(loggedIn, '/'), {known: false});

		await page(browser, '/by-hand?name=eve');
		t.deepEqual(await page(browser, '/'), {user: 'eve', known: true, ...cart, passport: {user: 'eve'}});
	});

	test(`${name}: a logout through koa-passport leaves an empty session of another id`, async t => {
		const {client, page, sessions} = await startPassport(t, await open(t));
		const browser = client();
		await logIn(browser);
		const copy = browser.fork();
		t.deepEqual(await page(browser, '/logout'), {known: false});
		t.deepEqual(await page(browser, '/'), {known: false});
		t.deepEqual(await page(copy, '/'), {known: false});
		t.not(browser.cookie, copy.cookie);
		t.deepEqual(await storedData(sessions, browser), {});
	});

	test(`${name}: a failed login leaves its message, and nobody is known`, async t => {
		const {client, page} = await startPassport(t, await open(t));
		const browser = client();
		t.is((await logIn(browser, '/login', 'wrong')).status, 302);
		t.deepEqual(await page(browser, '/'), {known: false, messages: ['Wrong password']});
	});
}

test('an id that is an object fails the login by an error that says what to store; its text works', async t => {
	const passport = new KoaPassport();
	const _id = new ObjectId();
	const ids: Record<string, unknown> = {'/object': _id, '/text': String(_id), '/url': new URL('http://127.0.0.1/ada')};
	let path = '';
	passport.serializeUser((_user, done) => done(null, ids[path]));
	passport.deserializeUser((id: string, done) => done(null, {id}));
	const errors: Error[] = [];
	const {client} = await startApp(
		t,
		{store: new MemoryStore()},
		async context => {
			const ctx = context as unknown as PassportContext & TestContext;
			await passport.initialize()(ctx as never, async () => {
				await passport.session()(ctx as never, async () => {
					path = ctx.path;
					if (path !== '/') await ctx.login({_id});
					ctx.body = JSON.stringify(ctx.state['user'] ?? null);
				});
			});
		},
		app => app.on('error', error => errors.push(error)),
	);
	const browser = client();
	for (const [login, name] of [
		['/object', 'ObjectId'],
		['/url', 'URL'],
	] as const) {
		t.is((await browser.get(login)).status, 500);
		t.regex(
			errors.pop()?.message ?? '',
			new RegExp(`data\\.passport\\.user.*an instance of \`${name}\`.*String\\(…\\)`),
		);
	}

	t.is((await browser.get('/text')).status, 200);
	t.is((await browser.get('/')).body, JSON.stringify({id: String(_id)}));
});

test('a subject that is an id, not its text, is refused by an error that says so', async t => {
	const {client, sessions} = await startApp(t, {store: new MemoryStore()}, ctx => {
		for (const subject of [new ObjectId(), 7, 7n]) {
			t.throws(() => Object.assign(ctx.session, {subject}), {instanceOf: TypeError, message: /`subject`.*String\(…\)/});
		}

		ctx.session.subject = String(new ObjectId());
		t.throws(() => Object.assign(ctx, {session: new ObjectId()}), {instanceOf: TypeError, message: /`ObjectId`/});
		ctx.body = '';
	});
	t.is((await client().get('/')).status, 200);
	for (const subject of [new ObjectId(), 7] as unknown as string[]) {
		const expected = {instanceOf: TypeError, message: /`subject`.*String\(…\)/};
		t.throws(() => sessions.list(subject), expected);
		await t.throwsAsync(sessions.revoke(subject), expected);
		await t.throwsAsync(sessions.create({}, {subject}), expected);
	}
});

test('a store that fails fails the login, by the callback', async t => {
	const store = watch(new MemoryStore());
	const {client, app} = await startPassport(t, store);
	const errors: unknown[] = [];
	app.on('error', error => errors.push(error));
	store.around = async () => {
		throw new Error('down');
	};
	const {status, setCookie} = await logIn(client());
	t.is(status, 503);
	t.deepEqual([...setCookie], []);
	t.true(errors[0] instanceof SessionError);
});

test('callbacks come later, once, with nothing or with the error; what they throw is theirs', async t => {
	const calls: unknown[][] = [];
	const told = (start: (done: (...values: unknown[]) => void) => unknown) =>
		new Promise<void>(resolve => {
			let isLater = false;
			const returned = start((...values) => {
				calls.push([isLater, ...values]);
				resolve();
			});
			t.is(returned, undefined);
			isLater = true;
		});

	const {client} = await startApp(t, {store: new MemoryStore()}, async ctx => {
		const {session: before} = ctx;
		before['a'] = 1;
		await told(done => before.save(done));
		const {id} = before;
		await told(done => before.regenerate(done));
		t.not(ctx.session.id, id);
		t.not(ctx.session, before);
		t.deepEqual({...before}, {a: 1});
		before['late'] = 1;
		ctx.session['b'] = 2;
		await told(done => ctx.session.regenerate(done));
		ctx.session['c'] = 3;
		ctx.session['function'] = () => 1;
		await told(done => ctx.session.save(done));
		delete ctx.session['function'];
		t.throws(() => ctx.session.save(1 as never), {message: /`callback`/});
		ctx.body = '';
	});
	const browser = client();
	await browser.get('/');
	const failed = calls.pop() as unknown[];
	t.deepEqual(calls, [
		[true, undefined],
		[true, undefined],
		[true, undefined],
	]);
	t.true(failed[0] === true && (failed[1] as SessionError).code === 'ERR_SESSION_NOT_ENCODABLE');
	t.is(browser.cookies.size, 1);
});

test('a session that can only be read tells the callback so', async t => {
	const {sessions} = await startApp(t, {store: new MemoryStore()}, () => undefined);
	const {header} = await sessions.create({a: 1});
	const request = {headers: {cookie: header}, method: 'GET', url: '/', socket: {}};
	const found = await sessions.fromRequest(request as never);
	for (const name of ['save', 'regenerate'] as const) {
		const error = await new Promise(resolve => found?.[name](resolve as never));
		t.is((error as SessionError).code, 'ERR_SESSION_READ_ONLY');
	}
});
