import {AsyncLocalStorage} from 'node:async_hooks';
import {once} from 'node:events';
import http from 'node:http';
import {PassThrough} from 'node:stream';
import test from 'ava';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

// Rule 17. Events are the whole process's, so these scenarios run one after the other.

/** Changes the session after the headers went out, in each way that an application may. */
const late: Readonly<Record<string, Route>> = {
	'/respond-false'(ctx) {
		ctx.respond = false;
		ctx.res.end('done');
		ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
	},
	'/res-end'(ctx) {
		ctx.res.end('done');
		ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
	},
	'/flush'(ctx) {
		ctx.status = 200;
		ctx.flushHeaders();
		ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
		ctx.body = 'done';
	},
	'/write-head'(ctx) {
		ctx.res.writeHead(200);
		ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
		ctx.body = 'done';
	},
};

const route: Route = async ctx => {
	const act = late[ctx.path];
	if (act) {
		await act(ctx);
		return;
	}

	if (ctx.path === '/update') {
		ctx.res.end('done');
		await ctx.session.update(data => {
			data['views'] = Number(data['views'] ?? 0) + 1;
		});
		return;
	}

	if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
	ctx.body = String(ctx.session['views']);
};

onEachStore(
	'after the headers, an existing session is saved, a new one not created, and events say so',
	async (t, store) => {
		const events = recordEvents(t);
		const failures: unknown[] = [];
		let committed = new Gate();
		const {client} = await startApp(t, {store}, route, app => {
			app.on('error', error => failures.push(error));
			app.use((_ctx, next) => next().then(() => committed.open()));
		});
		for (const path of [...Object.keys(late), '/update']) {
			store.calls.length = 0;
			events.length = 0;
			committed = new Gate();
			const {body, setCookie} = await client().get(path);
			await committed.pass();
			t.deepEqual({body, setCookie}, {body: 'done', setCookie: []});
			t.deepEqual(store.calls, [], path);
			t.deepEqual(events, [
				{name: 'late-write', payload: {session: '', path}},
				{name: 'lost', payload: {session: '', reason: 'undeliverable'}},
			]);

			const visitor = client();
			await visitor.get('/write');
			events.length = 0;
			committed = new Gate();
			t.deepEqual((await visitor.get(path)).setCookie, []);
			await committed.pass();
			t.is((await visitor.get('/')).body, '2', path);
			t.like(
				events.find(({name}) => name === 'late-write'),
				{payload: {path}},
			);
		}

		t.deepEqual(failures, [], 'nothing throws');
	},
	test.serial,
);

onEachStore(
	'after the headers, a store that fails fails nobody',
	async (t, store) => {
		const events = recordEvents(t);
		const failures: unknown[] = [];
		let committed = new Gate();
		const {client} = await startApp(t, {store}, route, app => {
			app.on('error', error => failures.push(error));
			app.use((_ctx, next) => next().then(() => committed.open()));
		});
		const visitor = client();
		await visitor.get('/write');
		store.around = async (operation, call) => {
			if (operation !== 'read') throw new Error('the disk is full');
			return call();
		};

		for (const path of Object.keys(late)) {
			events.length = 0;
			committed = new Gate();
			t.is((await visitor.get(path)).body, 'done');
			await committed.pass();
			t.like(
				events.filter(({name}) => name !== 'load').map(({name, payload}) => ({name, ...(payload as object)})),
				[
					{name: 'store-error', operation: 'update'},
					{name: 'lost', reason: 'failed'},
				],
			);
		}

		t.deepEqual(failures, []);
	},
	test.serial,
);

onEachStore(
	'after the headers, a session can still be ended, and a new id that nobody learns ends it too',
	async (t, store) => {
		const events = recordEvents(t);
		const {client} = await startApp(t, {store}, async ctx => {
			if (ctx.path === '/destroy' || ctx.path === '/regenerate') {
				ctx.status = 200;
				ctx.flushHeaders();
				if (ctx.path === '/destroy') await ctx.session.destroy();
				else await ctx.session.regenerate();
			}

			if (ctx.path === '/write') ctx.session['views'] = 1;
			ctx.body = String(ctx.session['views']);
		});
		for (const path of ['/destroy', '/regenerate']) {
			const visitor = client();
			await visitor.get('/write');
			events.length = 0;
			const {status, setCookie} = await visitor.get(path);
			t.is(status, 200);
			t.deepEqual(setCookie, []);
			t.is((await visitor.get('/')).body, 'undefined');
			t.true(events.some(({name}) => name === 'destroy'));
			t.is(
				events.some(({name, payload}) => name === 'lost' && (payload as {reason: string}).reason === 'undeliverable'),
				path === '/regenerate',
			);
		}
	},
	test.serial,
);

onEachStore(
	'a stream of events sends its cookie by `save()`, and what it writes later is saved by `save()` too',
	async (t, store) => {
		const next = new Gate();
		const {port, client} = await startApp(t, {store}, async ctx => {
			if (ctx.path === '/') {
				ctx.body = JSON.stringify(ctx.session);
				return;
			}

			const stream = new PassThrough();
			ctx.type = 'text/event-stream';
			ctx.body = stream;
			ctx.session['subscribed'] = true;
			await ctx.session.save();
			stream.write('data: 1\n\n');

			// The route ends here; its stream lives on.
			const {session} = ctx;
			void next.pass().then(async () => {
				session['received'] = 2;
				await session.save();
				stream.end('data: 2\n\n');
			});
		});

		const sent = http.get({host: '127.0.0.1', port, path: '/events', agent: false});
		const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
		const [line = ''] = response.headers['set-cookie'] ?? [];
		const visitor = client();
		visitor.cookies.set('sid', line.slice('sid='.length, line.indexOf(';')));
		const [chunk] = await once(response, 'data');
		t.is(String(chunk), 'data: 1\n\n');
		t.is((await visitor.get('/')).body, '{"subscribed":true}');

		next.open();
		response.resume();
		await once(response, 'end');
		t.is((await visitor.get('/')).body, '{"subscribed":true,"received":2}');
	},
	test.serial,
);

onEachStore(
	'a new session that is saved after the headers is reported as lost once',
	async (t, store) => {
		const events = recordEvents(t);
		const committed = new Gate();
		const {client} = await startApp(
			t,
			{store},
			async ctx => {
				ctx.respond = false;
				ctx.res.end('done');
				ctx.session['views'] = 1;
				await ctx.session.save();
			},
			app => app.use((_ctx, next) => next().then(() => committed.open())),
		);
		await client().get('/');
		await committed.pass();
		t.deepEqual(
			events.map(({name}) => name),
			['late-write', 'lost'],
		);
	},
	test.serial,
);

onEachStore(
	'a store that fails while it extends a session loses nothing',
	async (t, store) => {
		const clock = fakeClock(t);
		const events = recordEvents(t);
		const {client} = await startApp(t, {store, idleTimeout: '10h'}, route);
		const visitor = client();
		await visitor.get('/write');
		await clock.advance(2 * 3_600_000);
		store.around = async (operation, call) => {
			if (operation === 'touch') throw new Error('the disk is full');
			return call();
		};
		t.is((await visitor.get('/')).status, 503);
		t.true(events.some(({name}) => name === 'store-error'));
		t.false(events.some(({name}) => name === 'lost'));
	},
	test.serial,
);

onEachStore(
	'what a stream changed is saved on behalf of its request, also if its client has gone',
	async (t, store) => {
		const tenant = new AsyncLocalStorage<string>();
		const saved = Promise.withResolvers<string | undefined>();
		const {port, client} = await startApp(
			t,
			{store},
			ctx => {
				if (ctx.path !== '/events') {
					ctx.session['views'] = 1;
					ctx.body = '';
					return;
				}

				const stream = new PassThrough();
				ctx.body = stream;
				stream.write('begun');
				const {session} = ctx;
				session['views'];
				ctx.res.once('close', () => {
					session['views'] = 10;
				});
			},
			app => app.use((ctx, next) => tenant.run(ctx.path, next)),
		);
		const visitor = client();
		await visitor.get('/write');
		store.around = async (operation, call) => {
			if (operation === 'update') saved.resolve(tenant.getStore());
			return call();
		};
		const sent = http.get({host: '127.0.0.1', port, path: '/events', agent: false, headers: {cookie: visitor.cookie}});
		const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
		await once(response, 'data');
		response.on('error', () => undefined);
		sent.destroy();
		t.is(await saved.promise, '/events');
	},
);
