import {once} from 'node:events';
import net from 'node:net';
import {PassThrough} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import type Koa from 'koa';
import {WebSocketServer} from 'ws';
import {observe, type Store} from '../../source/index.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Route, request, startApp, type TestContext} from '../helpers/http/app.ts';
import {errorPage} from '../helpers/http/error-page.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Rules 8 and 24 to 27: the client's cookie is a second copy of the truth. The clock and events are the whole process's,
// so these scenarios run one after the other.

const second = 1000;

/** What a slow request does with its session while the world changes. */
const slowRoutes: Readonly<Record<string, Route>> = {
	'never looks at it': () => undefined,
	'reads it': ctx => ctx.session['user'],
	'changes it': ctx => Object.assign(ctx.session, {late: true}),
	async 'saves early'(ctx) {
		ctx.session['early'] = true;
		await ctx.session.save();
	},
	async 'updates early'(ctx) {
		await ctx.session.update(session => Object.assign(session, {early: true}));
	},
};

for (const [title, act] of Object.entries(slowRoutes)) {
	for (const change of ['revoked', 'expired', 'moved'] as const) {
		for (const order of ['before', 'after'] as const) {
			const writes = title !== 'never looks at it' && title !== 'reads it';
			// Where nothing is stored under the old id, a request that writes begins a session, as it should.
			if (order === 'after' && writes && change !== 'moved') continue;

			onTwoStores(
				`a slow request that ${title}, sent ${order} the session was ${change}, tells nothing, and a login stays`,
				async (t, store) => {
					const clock = fakeClock(t);
					const gate = new Gate();
					const {client, sessions} = await startApp(t, {store, idleTimeout: '4s', touchAfter: 0}, async ctx => {
						ctx.body = 'done';
						if (ctx.path === '/slow') {
							await Promise.resolve(act(ctx)).catch(() => undefined);
							await gate.pass();
						}

						if (ctx.path === '/login') Object.assign(ctx.session, {user: 'ada'});
						if (ctx.path === '/move') await ctx.session.regenerate();
					});
					const visitor = client();
					await visitor.get('/login');
					// So that an extension is due.
					await clock.advance(100);
					const slow = visitor.fork();
					const bringAbout = async () => {
						if (change === 'moved') await visitor.get('/move');
						else if (change === 'expired') await clock.advance(5 * second);
						else await sessions.destroy({id: visitor.cookies.get('sid')?.slice(0, 43) ?? ''});
					};

					if (order === 'after') await bringAbout();
					const answer = slow.get('/slow');
					await gate.reached;
					if (order === 'before') await bringAbout();
					if (change !== 'moved') await visitor.get('/login');

					gate.open();
					const {status, setCookie} = await answer;
					t.is(status, 200);
					t.deepEqual(setCookie, []);
					t.like(await storedData(sessions, visitor), {user: 'ada'});
				},
				test.serial,
			);
		}
	}
}

onTwoStores(
	'a request that comes with a dead cookie leaves it alone, whether it looks, ends or writes nothing',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store}, async ctx => {
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path === '/read') ctx.session['user'];
			if (ctx.path === '/destroy') await ctx.session.destroy();
			if (ctx.path === '/null') Object.assign(ctx, {session: null});
			ctx.body = '';
		});
		const visitor = client();
		await visitor.get('/login');
		await sessions.destroy({id: visitor.cookies.get('sid')?.slice(0, 43) ?? ''});
		for (const path of ['/elsewhere', '/read', '/destroy', '/null']) {
			t.deepEqual((await visitor.fork().get(path)).setCookie, [], path);
		}
	},
	test.serial,
);

onTwoStores(
	'a late request with the old id is anonymous for the hour that clocks may differ by and requests may last',
	async (t, store) => {
		const clock = fakeClock(t);
		const {client, sessions} = await startApp(t, {store, idleTimeout: '1d'}, async ctx => {
			if (ctx.path === '/login') {
				await ctx.session.regenerate();
				ctx.session['user'] = 'ada';
			} else ctx.session['seen'] = ctx.path;
			ctx.body = '';
		});
		const visitor = client();
		await visitor.get('/write');
		const late = visitor.fork();
		await visitor.get('/login');
		for (const minutes of [0, 2, 57]) {
			await clock.advance(minutes * 60 * second);
			t.deepEqual((await late.get('/late')).setCookie, []);
		}

		t.like(await storedData(sessions, visitor), {user: 'ada'});
	},
	test.serial,
);

/** Ways of applications to send a response themselves, whole or in part, before the commit. */
const ownResponses: Readonly<Record<string, Route>> = {
	'/respond-false'(ctx) {
		ctx.respond = false;
		ctx.res.end('done');
	},
	'/write-head'(ctx) {
		ctx.respond = false;
		ctx.res.writeHead(200, {'Content-Type': 'text/plain', 'Set-Cookie': 'theirs=1'});
		ctx.res.end('done');
	},
	'/write-head-list'(ctx) {
		ctx.respond = false;
		ctx.res.writeHead(200, 'Fine', ['Content-Type', 'text/plain', 'Set-Cookie', 'theirs=1', 'Set-Cookie', 'theirs2=2']);
		ctx.res.end('done');
	},
	'/flush'(ctx) {
		ctx.status = 200;
		ctx.flushHeaders();
		ctx.body = 'done';
	},
	'/events'(ctx) {
		const body = new PassThrough();
		ctx.type = 'text/event-stream';
		ctx.body = body;
		ctx.flushHeaders();
		body.end('done');
	},
	'/later'(ctx) {
		// As a proxy does: the middleware is through before the response begins.
		ctx.respond = false;
		setImmediate(() => ctx.res.writeHead(200, {'Set-Cookie': ['theirs=1']}).end('done'));
	},
};

for (const path of Object.keys(ownResponses)) {
	onTwoStores(
		`who answers by ${path} keeps their users: an extension is told, and no more is stored than was told`,
		async (t, store) => {
			const clock = fakeClock(t);
			let committed = new Gate();
			const {client, sessions} = await startApp(
				t,
				{store, idleTimeout: '4s'},
				async ctx => {
					if (ctx.path === '/login') ctx.session['user'] = 'ada';
					else await ownResponses[ctx.path]?.(ctx);
				},
				app => app.use((_ctx, next) => next().then(() => committed.open())),
			);
			const visitor = client();
			let line = (await visitor.get('/login')).setCookie[0];
			for (let visit = 0; visit < 12; visit++) {
				await clock.advance(900);
				committed = new Gate();
				const {setCookie, body} = await visitor.get(path);
				await committed.pass();
				t.is(body, 'done');
				t.is(setCookie.filter(each => each.startsWith('sid=')).length, 1, `visit ${visit}`);
				if (path.startsWith('/write-head')) t.true(setCookie.includes('theirs=1'));

				line = setCookie.find(each => each.startsWith('sid='));
				const told = Date.parse(String(parseSetCookie(line).attributes['Expires']));
				const handle = [...(await expiries(sessions, visitor))];
				t.true((handle[0] ?? 0) <= told + second, 'a cookie may outlive its record, never the reverse');
			}

			t.like(await storedData(sessions, visitor), {user: 'ada'});
		},
		test.serial,
	);
}

const expiries = async (
	sessions: Awaited<ReturnType<typeof startApp>>['sessions'],
	{cookie}: {readonly cookie: string},
): Promise<number[]> => {
	const session = await sessions.fromRequest({headers: {cookie}, method: 'GET', url: '/', socket: {}} as never);
	return session ? [session.expiresAt.getTime()] : [];
};

onTwoStores(
	'a request that can carry no cookie extends nothing, so that the next one can tell',
	async (t, store) => {
		const clock = fakeClock(t);
		const {client, port, sessions} = await startApp(
			t,
			{store, idleTimeout: '4s', cookie: {secure: true}},
			ctx => {
				ctx.body = String(ctx.session['user']);
				if (ctx.path === '/login') ctx.session['user'] = 'ada';
			},
			app => {
				app.proxy = true;
			},
		);
		const https = {'x-forwarded-proto': 'https'};
		const visitor = client();
		await visitor.get('/login', {headers: https});
		const [before] = await expiries(sessions, visitor);
		await clock.advance(second);

		for (const [method, headers] of [
			['OPTIONS', https],
			['GET', {}],
			['GET', {...https, connection: 'upgrade', upgrade: 'websocket'}],
		] as const) {
			store.calls.length = 0;
			const {setCookie} = await request(port, '/', {method, headers: {...headers, cookie: visitor.cookie}});
			t.deepEqual(setCookie, []);
			t.deepEqual(store.calls, ['read']);
			t.deepEqual(await expiries(sessions, visitor), [before]);
		}

		t.is((await visitor.get('/', {headers: https})).setCookie.length, 1);
		t.deepEqual(await expiries(sessions, visitor), [clock.now() + 4 * second]);
	},
	test.serial,
);

/** What a request without a session, and one with, ask for on a response that never reaches anybody. */
const forNobody: Readonly<Record<string, (ctx: TestContext) => unknown>> = {
	'/write': ctx => Object.assign(ctx.session, {seen: true}),
	'/save': ctx => Object.assign(ctx.session, {seen: true}).save(),
	'/update': ctx => ctx.session.update(session => Object.assign(session, {seen: true})),
	async '/regenerate'(ctx) {
		await ctx.session.regenerate();
		ctx.session['admin'] = true;
	},
	'/regenerate-and-save': async ctx => {
		await ctx.session.regenerate();
		ctx.session['admin'] = true;
		await ctx.session.save();
	},
	'/regenerate-part': ctx => ctx.session.regenerate({keep: ['user']}),
	'/regenerate-nothing': ctx => ctx.session.regenerate({keep: false}),
};

/** Ways in which a response reaches nobody. Each resolves when the request has been committed. */
const nobody = {
	async 'an upgrade'(port: number, path: string, cookie: string) {
		const socket = net.connect(port, '127.0.0.1');
		const key = Buffer.alloc(16).toString('base64');
		socket.write(
			`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
				`Sec-WebSocket-Key: ${key}\r\nCookie: ${cookie}\r\n\r\n`,
		);
		const [head] = await once(socket, 'data');
		return {socket, head: String(head)};
	},
	async 'a client that has gone'(port: number, path: string, cookie: string) {
		const socket = net.connect(port, '127.0.0.1');
		socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
		return {socket, head: ''};
	},
};

for (const way of Object.keys(nobody) as (keyof typeof nobody)[]) {
	onTwoStores(
		`${way}: no record for nobody, and nobody is logged out`,
		async (t, store) => {
			const events = recordEvents(t);
			const sockets = new WebSocketServer({noServer: true});
			let committed = new Gate();
			let entered = new Gate();
			const {client, port, sessions} = await startApp(
				t,
				{store},
				async ctx => {
					ctx.body = '';
					if (ctx.path === '/login') Object.assign(ctx.session, {user: 'ada', theme: 'dark'});
					const act = forNobody[ctx.path];
					if (!act) return;

					if (way === 'an upgrade') {
						// As koa-easy-ws does, which takes the connection from within a route.
						ctx.respond = false;
						sockets.handleUpgrade(ctx.req, ctx.socket, Buffer.alloc(0), () => undefined);
					} else {
						entered.open();
						await once(ctx.res, 'close');
					}

					await act(ctx);
				},
				app => app.use((_ctx, next) => next().finally(() => committed.open())),
			);
			const visitor = client();
			await visitor.get('/login');

			for (const path of Object.keys(forNobody)) {
				for (const cookie of ['a=b', visitor.cookie]) {
					store.calls.length = 0;
					committed = new Gate();
					entered = new Gate();
					const {socket} = await nobody[way](port, path, cookie);
					if (way === 'a client that has gone') {
						await entered.pass();
						socket.destroy();
					}

					await committed.pass();
					socket.destroy();
					t.false(store.calls.includes('create'), `${path} with ${cookie.slice(0, 3)}`);
				}

				const stored = await storedData(sessions, visitor);
				if (path === '/regenerate-nothing') t.is(stored, undefined, 'what is asked to drop everything ends it');
				else t.is(stored?.['user'], 'ada', path);
				t.is(stored?.['admin'], undefined, 'under its old id a session gains no rights');
				if (path === '/regenerate-part') t.is(stored?.['theme'], undefined, 'what was to be dropped is');
			}

			t.true(
				events.some(({name, payload}) => name === 'lost' && (payload as {reason: string}).reason === 'undeliverable'),
			);
		},
		test.serial,
	);
}

/** What replaces `Set-Cookie` after the session has put its cookie there. */
const replacements: Readonly<Record<string, (ctx: TestContext) => unknown>> = {
	set: ctx => ctx.set('Set-Cookie', ['theirs=1']),
	remove: ctx => ctx.remove('Set-Cookie'),
	'a response': ctx =>
		Object.assign(ctx, {body: new Response('done', {headers: {'set-cookie': 'theirs=1', vary: 'Accept'}})}),
	'write the head': ctx => {
		ctx.respond = false;
		ctx.res.writeHead(200, {'set-cookie': 'theirs=1', vary: 'Accept'}).end();
	},
};

for (const [title, replace] of Object.entries(replacements)) {
	for (const early of ['save', 'update', 'regenerate', 'commit'] as const) {
		onTwoStores(
			`the cookie of ${early} outlives what other code does to the headers: ${title}`,
			async (t, store) => {
				const {client, sessions} = await startApp(
					t,
					{store},
					async ctx => {
						ctx.status = 200;
						if (early === 'update') await ctx.session.update(session => Object.assign(session, {user: 'ada'}));
						else ctx.session['user'] = 'ada';
						if (early === 'regenerate') await ctx.session.regenerate();
						if (early !== 'update' && early !== 'commit') await ctx.session.save();
						if (early !== 'commit') await replace(ctx);
					},
					app =>
						app.use(async (ctx, next) => {
							await next();
							if (early === 'commit') await replace(ctx as TestContext);
						}),
				);
				const visitor = client();
				const {setCookie, headers} = await visitor.get('/');
				t.is(setCookie.filter(line => line.startsWith('sid=')).length, 1);
				t.is(setCookie.includes('theirs=1'), title !== 'remove');
				t.regex(String(headers.vary), /\bCookie\b/);
				t.like(await storedData(sessions, visitor), {user: 'ada'});
			},
			test.serial,
		);
	}
}

onTwoStores(
	'middleware in front that flashes and redirects after an error is heard, and what failed stays dropped',
	async (t, store) => {
		let failures = 0;
		const {client} = await startApp(
			t,
			{store},
			async ctx => {
				if (ctx.path === '/login') ctx.session['user'] = 'ada';
				if (ctx.path === '/fail') {
					failures++;
					ctx.session['failed'] = failures;
					ctx.throw(failures > 1 ? 500 : 400);
				}

				ctx.body = JSON.stringify([ctx.session.flashes('error'), ctx.session['failed'] ?? 0]);
			},
			app =>
				app.use(async (ctx, next) => {
					try {
						await next();
					} catch (error) {
						(ctx as TestContext).session.flash('error', (error as {status: number}).status);
						ctx.redirect('/');
					}
				}),
		);
		const visitor = client();
		await visitor.get('/login');
		t.is((await visitor.get('/fail')).status, 302);
		t.is((await eventuallyFlashed(visitor)).body, '[[400],1]', 'a status below 500 keeps its changes');
		await visitor.get('/fail');
		t.is((await eventuallyFlashed(visitor)).body, '[[500],1]', 'and a higher one does not');
	},
	test.serial,
);

/** The save of what comes after the commit begins when the response is over, which the client can't see. */
const eventuallyFlashed = async (visitor: {get(path: string): Promise<{body: string}>; readonly cookie: string}) => {
	for (let tries = 0; tries < 100; tries++) {
		const answer = await visitor.get('/');
		if (!answer.body.startsWith('[[],')) return answer;
	}
	throw new Error('The flash never came');
};

onTwoStores(
	'what a body writes to the session later is saved when the response is over',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store}, ctx => {
			if (ctx.path === '/login') {
				ctx.session['user'] = 'ada';
				ctx.body = '';
				return;
			}

			const {session} = ctx;
			const body = new PassThrough();
			ctx.body = body;
			setImmediate(() => {
				session['read'] = (session['read'] as number | undefined) ?? 0;
				Object.assign(session, {progress: {done: true}});
				body.end('done');
			});
		});
		const visitor = client();
		await visitor.get('/login');
		const updated = new Gate();
		store.around = async (operation, call) => {
			const result = await call();
			if (operation === 'update') updated.open();
			return result;
		};
		t.is((await visitor.get('/stream')).body, 'done');
		await updated.pass();
		t.deepEqual(await storedData(sessions, visitor), {user: 'ada', read: 0, progress: {done: true}});
	},
	test.serial,
);

/** Middleware in front of the session, which replaces the data when everything is committed. */
const replacingLater = (app: Koa) =>
	app.use(async (ctx, next) => {
		await next();
		if (ctx.path === '/replace') Object.assign(ctx, {session: {replaced: true}});
	});

const writing: Route = ctx => {
	if (ctx.path === '/login') ctx.session['user'] = 'ada';
	ctx.body = '';
};

onTwoStores('data that middleware in front replaces after the commit is saved', async (t, store) => {
	const {client, sessions} = await startApp(t, {store}, writing, replacingLater);
	const visitor = client();
	await visitor.get('/login');
	const updated = new Gate();
	store.around = async (operation, call) => {
		const result = await call();
		if (operation === 'update') updated.open();
		return result;
	};
	await visitor.get('/replace');
	await updated.pass();
	t.deepEqual(await storedData(sessions, visitor), {replaced: true});
});

onTwoStores(
	'what comes after the commit is lost if the store fails, and an event says so',
	async (t, store) => {
		const {client} = await startApp(t, {store}, writing, replacingLater);
		const visitor = client();
		await visitor.get('/login');
		const events = recordEvents(t, ['lost']);
		const lost = new Gate();
		t.teardown(observe('lost', () => lost.open()));
		store.around = async (operation, call) => {
			if (operation === 'update') throw new Error('the disk is full');
			return call();
		};
		await visitor.get('/replace');
		await lost.pass();
		t.like(events, [{payload: {reason: 'failed'}}]);
	},
	test.serial,
);

onTwoStores(
	'what comes after the commit and has no session to be saved in is lost, and an event says why, once',
	async (t, store) => {
		const events = recordEvents(t, ['lost', 'late-write']);
		const over = new Gate();
		const {client} = await startApp(
			t,
			{store},
			ctx => {
				ctx.body = '';
				if (ctx.path === '/fail') ctx.throw(500);
			},
			errorPage(ctx => {
				ctx.session.flash('error', 'sorry');
				ctx.res.once('close', () => setImmediate(() => over.open()));
				ctx.redirect('/');
			}),
		);
		t.deepEqual((await client().get('/fail')).setCookie, []);
		await over.pass();
		t.deepEqual(
			events.map(({name}) => name),
			['late-write', 'lost'],
		);
		t.like(events[1], {payload: {reason: 'undeliverable'}});
		t.deepEqual(store.calls, []);
	},
	test.serial,
);

/** What lets shared caches store a response (RFC 9111, section 3), and what doesn't. */
const shared = [
	'public',
	'public, max-age=60',
	'max-age=60, s-maxage=10',
	'PUBLIC',
	'max-age=60',
	'immutable,max-age="60"',
	'max-age=60, private="x-other"',
	'max-age=0, stale-while-revalidate=9',
	'stale-while-revalidate=9',
];
const unshared = [
	'private',
	'max-age=60, private',
	'no-store',
	'no-cache, max-age=60',
	'max-age=60, no-cache="x-other, Set-Cookie"',
	'max-age=0, must-revalidate',
];

/** Starts an application whose middleware in front makes `/public` public after that route, and logs somebody in. */
const startPublished = async (t: ExecutionContext, store: Store, publicRoute: () => unknown) => {
	const {client, sessions} = await startApp(
		t,
		{store, idleTimeout: '4s'},
		async ctx => {
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path === '/public') await publicRoute();
			ctx.body = ctx.path === '/public' ? '' : (ctx.session['user'] ?? 'nobody');
		},
		app =>
			app.use(async (ctx, next) => {
				await next();
				if (ctx.path === '/public') ctx.set('Cache-Control', 'public, max-age=60');
			}),
	);
	const visitor = client();
	await visitor.get('/login');
	return {visitor, sessions};
};

onTwoStores(
	'an extension is taken back if middleware in front makes the response public after the commit',
	async (t, store) => {
		const clock = fakeClock(t);
		const {visitor, sessions} = await startPublished(t, store, () => undefined);
		const [before] = await expiries(sessions, visitor);
		await clock.advance(2 * second);
		const takenBack = new Promise(resolve => t.teardown(observe('update', resolve)));
		t.deepEqual((await visitor.get('/public')).setCookie, []);
		await takenBack;
		t.deepEqual(await expiries(sessions, visitor), [before]);

		t.is((await visitor.get('/')).setCookie.length, 1, 'the next one tells of it');
		await clock.advance(3 * second);
		t.is((await visitor.get('/')).body, 'ada');
	},
	test.serial,
);

onTwoStores(
	'it is taken back no further than another response has told',
	async (t, store) => {
		const clock = fakeClock(t);
		const gate = new Gate();
		const {visitor, sessions} = await startPublished(t, store, () => gate.pass());
		await clock.advance(2 * second);
		const answer = visitor.fork().get('/public');
		await gate.reached;
		t.is((await visitor.get('/')).setCookie.length, 1);
		const [told] = await expiries(sessions, visitor);
		await clock.advance(second);
		const takenBack = new Promise(resolve => t.teardown(observe('update', resolve)));
		gate.open();
		await answer;
		await takenBack;
		t.deepEqual(await expiries(sessions, visitor), [told]);
	},
	test.serial,
);

onTwoStores(
	'nothing of the session goes on a response for shared caches of a route that never looked at it',
	async (t, store) => {
		const clock = fakeClock(t);
		const {client, sessions} = await startApp(t, {store, idleTimeout: '4s'}, ctx => {
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path.startsWith('/public')) ctx.set('Cache-Control', ctx.query['cache'] as string);
			const lives = Number(ctx.query['expires']);
			if (lives) ctx.set('Expires', new Date(Date.now() + lives).toUTCString());
			if (ctx.path === '/public-flush') ctx.flushHeaders();
			ctx.body = '';
		});
		const visitor = client();
		await visitor.get('/login');
		const [before] = await expiries(sessions, visitor);
		await clock.advance(second);
		for (const path of ['/public', '/public-flush']) {
			for (const cache of shared) {
				const {setCookie, headers} = await visitor.get(`${path}?cache=${encodeURIComponent(cache)}`);
				t.deepEqual(setCookie, [], path);
				t.is(headers.vary, undefined);
				t.is(headers['cache-control'], cache);
			}
		}

		t.deepEqual(await expiries(sessions, visitor), [before]);
		for (const cache of unshared) {
			await clock.advance(second);
			t.is((await visitor.get(`/public?cache=${encodeURIComponent(cache)}`)).setCookie.length, 1, cache);
		}

		for (const [expires, cookies] of [
			[60_000, 0],
			[-60_000, 1],
		] as const) {
			await clock.advance(second);
			const {setCookie} = await visitor.get(`/public?cache=no-transform&expires=${expires}`);
			t.is(setCookie.length, cookies, 'a lifetime by `Expires`');
		}
	},
	test.serial,
);

onTwoStores(
	'no error carries a token, whatever logs it',
	async (t, store) => {
		const errors: unknown[] = [];
		const headers = {'x-mine': 'yes'};
		const {client} = await startApp(
			t,
			{store},
			async ctx => {
				ctx.session['user'] = 'ada';
				await ctx.session.save();
				ctx.throw(401, 'no', {headers});
			},
			app => app.on('error', error => errors.push({...error, headers: error.headers})),
		);
		const {status, setCookie, headers: sent} = await client().get('/');
		t.is(status, 401);
		t.is(setCookie.length, 1);
		t.is(sent['x-mine'], 'yes');
		t.deepEqual(
			errors.map(error => (error as {headers: unknown}).headers),
			[{'x-mine': 'yes'}],
		);
		t.deepEqual(headers, {'x-mine': 'yes'});
	},
	test.serial,
);
