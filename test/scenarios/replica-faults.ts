import {once} from 'node:events';
import http2 from 'node:http2';
import type {AddressInfo} from 'node:net';
import test from 'ava';
import Koa from 'koa';
import session, {type SessionMiddleware} from '../../source/index.ts';
import {refuseUnhandledRejections} from '../helpers/events/unhandled.ts';
import {type Client, startApp, type TestContext, testKeys} from '../helpers/http/app.ts';
import {errorPage} from '../helpers/http/error-page.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Rules 8, 16, 19 and 24 to 27, where something fails on the way.

refuseUnhandledRejections();

onTwoStores('a failed read and an error page that writes to the session log nobody out', async (t, store) => {
	const {client, sessions} = await startApp(
		t,
		{store},
		ctx => {
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			ctx.body = '';
		},
		errorPage(async ctx => {
			ctx.session.flash('error', 'try later');
			await ctx.session.save().catch(() => undefined);
			ctx.redirect('/');
		}),
	);
	const visitor = client();
	await visitor.get('/login');
	const {cookie} = visitor;
	store.around = async () => {
		throw new Error('down');
	};
	t.like(await visitor.get('/'), {status: 302, setCookie: []});
	t.is(visitor.cookie, cookie);
	store.around = (_operation, call) => call();
	t.like(await storedData(sessions, visitor), {user: 'ada'});
});

onTwoStores('an error page that reads the session ends none whose new id could not be written', async (t, store) => {
	const {client, sessions} = await startApp(
		t,
		{store},
		async ctx => {
			ctx.body = '';
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path === '/bad') {
				await ctx.session.regenerate();
				ctx.session['odd'] = () => 1;
			}
		},
		app =>
			app.use(async (ctx, next) => {
				try {
					await next();
				} catch {
					ctx.body = String((ctx as TestContext).session['user']);
				}
			}),
	);
	const visitor = client();
	await visitor.get('/login');
	t.is((await visitor.get('/bad')).body, 'ada');
	t.like(await storedData(sessions, visitor), {user: 'ada'});
	t.deepEqual((await visitor.get('/')).setCookie, []);
});

onTwoStores('a slow logout of a session that another request ended leaves a later login', async (t, store) => {
	for (const early of [false, true]) {
		const gate = new Gate();
		const {client, sessions} = await startApp(t, {store}, async ctx => {
			ctx.body = '';
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path !== '/slow') return;

			ctx.session['user'];
			await gate.pass();
			ctx.session['late'] = true;
			if (early) await ctx.session.save();
			await ctx.session.destroy();
		});
		const visitor = client();
		await visitor.get('/login');
		const slow = visitor.fork().get('/slow');
		await gate.reached;
		await sessions.destroy({id: visitor.cookies.get('sid')?.slice(0, 43) ?? ''});
		await visitor.get('/login');
		gate.open();
		t.deepEqual((await slow).setCookie, []);
		t.like(await storedData(sessions, visitor), {user: 'ada'});
	}
});

onTwoStores(
	'the late answer of a new id that was saved early, and ended since, brings no dead id',
	async (t, store) => {
		const [rotated, left] = [new Gate(), new Gate()];
		const {client, sessions} = await startApp(t, {store}, async ctx => {
			ctx.body = '';
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path === '/rotate') {
				await ctx.session.regenerate();
				await ctx.session.save();
				await rotated.pass();
			}

			if (ctx.path === '/logout') {
				ctx.session['user'];
				await left.pass();
				await ctx.session.destroy();
			}
		});
		const visitor = client();
		await visitor.get('/login');
		const other = visitor.fork();
		const logout = visitor.get('/logout');
		await left.reached;
		const slow = other.get('/rotate');
		await rotated.reached;
		left.open();
		await logout;
		await visitor.get('/login');
		rotated.open();
		t.deepEqual((await slow).setCookie, []);
		t.like(await storedData(sessions, visitor), {user: 'ada'});
	},
);

for (const way of ['Koa', 'the application'] as const) {
	onTwoStores(`keys that fail once a token is made end no process, where ${way} answers`, async (t, store) => {
		let areGone = false;
		const keys = () => {
			if (areGone) throw new Error('no keys now');
			return testKeys;
		};
		const {client} = await startApp(t, {store, keys}, async ctx => {
			ctx.session['user'] = 'ada';
			await ctx.session.save();
			areGone = true;
			if (way === 'Koa') {
				ctx.body = '';
				return;
			}

			ctx.respond = false;
			ctx.res.end();
		});
		const {setCookie} = await client().get('/');
		t.is(setCookie.length, 1, 'what was saved and told stays told');
	});
}

onTwoStores(
	'an extension whose touch was sent twice is told, though another request wrote in between',
	async (t, store) => {
		const clock = fakeClock(t);
		const {client, sessions} = await startApp(t, {store, idleTimeout: '10h'}, ctx => {
			if (ctx.path === '/begin') ctx.session['begun'] = true;
			ctx.body = ctx.session.handle;
		});
		const visitor = client();
		const {body: handle} = await visitor.get('/begin');
		await clock.advance(2 * 3_600_000);
		store.around = async (operation, call) => {
			if (operation !== 'touch') return call();
			store.around = (_operation, next) => next();
			await call();
			await sessions.update({handle}, session => {
				session['elsewhere'] = true;
			});
			return call();
		};
		t.is((await visitor.get('/')).setCookie.length, 1);
		t.deepEqual(await storedData(sessions, visitor), {begun: true, elsewhere: true});
	},
	test.serial,
);

/** How one request here learns that another server has ended the session, while another one is still at work. */
const missing: Readonly<
	Record<string, (visitor: Client, sessions: SessionMiddleware, handle: string) => Promise<unknown>>
> = {
	'a read': visitor => visitor.fork().get('/'),
	'an update from outside': (_visitor, sessions, handle) => sessions.update({handle}, () => undefined),
};

for (const [what, miss] of Object.entries(missing)) {
	onTwoStores(`a newer signature comes for no session that ${what} has missed since`, async (t, store) => {
		const gate = new Gate();
		const route = async (ctx: TestContext) => {
			ctx.body = ctx.session.handle;
			if (ctx.path === '/begin') ctx.session['begun'] = true;
			if (ctx.path === '/reader') await gate.pass();
			if (ctx.path === '/end') await ctx.session.destroy();
		};
		const [here, there] = [await startApp(t, {store}, route), await startApp(t, {store}, route)];
		const visitor = here.client();
		const {body: handle} = await visitor.get('/begin');
		here.app.keys = ['an even newer key of 32 characters or more', ...testKeys];
		const reading = visitor.fork().get('/reader');
		await gate.reached;
		t.is((await visitor.fork(there.port).get('/end')).status, 200);
		await miss(visitor, here.sessions, handle);
		gate.open();
		t.deepEqual((await reading).setCookie, []);
	});
}

onTwoStores('nor for one that a write has missed', async (t, store) => {
	const gates = {reader: new Gate(), writer: new Gate()};
	const route = async (ctx: TestContext) => {
		ctx.body = '';
		if (ctx.path === '/reader' || ctx.path === '/writer') await gates[ctx.path.slice(1) as keyof typeof gates].pass();
		if (ctx.path !== '/reader') ctx.session[ctx.path] = true;
		if (ctx.path === '/end') await ctx.session.destroy();
	};
	const [here, there] = [await startApp(t, {store}, route), await startApp(t, {store}, route)];
	const visitor = here.client();
	await visitor.get('/begin');
	here.app.keys = ['an even newer key of 32 characters or more', ...testKeys];
	const [reading, writing] = [visitor.fork().get('/reader'), visitor.fork().get('/writer')];
	await Promise.all([gates.reader.reached, gates.writer.reached]);
	t.is((await visitor.fork(there.port).get('/end')).status, 200);
	gates.writer.open();
	t.deepEqual((await writing).setCookie, []);
	gates.reader.open();
	t.deepEqual((await reading).setCookie, []);
});

onTwoStores('headers that Node refuses keep no cookie from the answer to that error', async (t, store) => {
	const {client} = await startApp(t, {store}, async ctx => {
		ctx.session['user'] = 'ada';
		await ctx.session.save();
		ctx.res.writeHead(200, {'x-bad': undefined as unknown as string});
	});
	const {status, setCookie} = await client().get('/');
	t.is(status, 500);
	t.is(setCookie.length, 1);
});

onTwoStores('an update that nobody waits for, and that fails, ends no process', async (t, store) => {
	const {client} = await startApp(t, {store}, ctx => {
		ctx.session['user'] = 'ada';
		ctx.body = '';
		if (ctx.path === '/update') void ctx.session.update(() => Promise.reject(new Error('no')));
	});
	t.is((await client().get('/update')).status, 200);
});

onTwoStores('an application may clear a cookie of the same name with another path', async (t, store) => {
	const {client} = await startApp(t, {store}, ctx => {
		ctx.session['user'] = 'ada';
		ctx.cookies.set('sid', '', {path: '/old', signed: false});
		ctx.body = '';
	});
	const {setCookie} = await client().get('/');
	t.is(setCookie.length, 2);
	t.true(setCookie.some(line => /^sid=;.*path=\/old/.test(line)));
});

onTwoStores('HTTP/2: a cancelled request makes no record, and its session keeps its id', async (t, store) => {
	const app = new Koa();
	app.keys = testKeys;
	const sessions = session(app, {store});
	const [entered, done] = [new Gate(), new Gate()];
	app.use((_ctx, next) => next().finally(() => done.open()));
	app.use(sessions);
	app.use(async ctx => {
		entered.open();
		await once(ctx.req, 'aborted');
		await (ctx as unknown as TestContext).session.regenerate();
		(ctx as unknown as TestContext).session['admin'] = true;
	});
	const server = http2.createServer(app.callback()).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {header, id} = await sessions.create({user: 'ada'});
	store.calls.length = 0;
	const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	const request = client.request({':path': '/', cookie: header});
	request.on('error', () => undefined);
	await entered.pass();
	request.close(http2.constants.NGHTTP2_CANCEL);
	await done.pass();
	t.true(await sessions.isAlive({id}));
	t.false(store.calls.includes('create'));
	client.destroy();
	server.close();
});

onTwoStores(
	'no token comes for a session that has just ended, even by a delete that was sent twice',
	async (t, store) => {
		const keys = [...testKeys];
		const {client, sessions} = await startApp(t, {store, keys: () => keys}, async ctx => {
			ctx.body = '';
			if (ctx.path === '/login') ctx.session.subject = 'ada';
			if (ctx.path === '/everywhere') await sessions.revoke('ada');
		});
		const visitor = client();
		await visitor.get('/login');
		keys.unshift('a key that came later, of 32 characters or more');
		store.around = async (operation, call) => {
			if (operation === 'delete') await call();
			return call();
		};
		t.deepEqual((await visitor.get('/everywhere')).setCookie, []);
	},
);
