import {AsyncLocalStorage} from 'node:async_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {observe} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Barrier} from '../helpers/order/barrier.ts';
import {measure} from '../helpers/order/stopwatch.ts';
import {runs} from '../helpers/runs.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';
import {beforeNext, type WatchedStore} from '../helpers/stores/watched-store.ts';

// Many requests of one process that write one session at the same time: a page that sends hundreds at once, or an attacker.

/** How many requests are sent at once. */
const size = runs(300, 3000);

const start = async (t: ExecutionContext, store: WatchedStore, routes: Readonly<Record<string, Route>> = {}) => {
	const loaded = new Barrier(size);
	const started = await startApp(t, {store}, async ctx => {
		const [, action = '', number = ''] = ctx.path.split('/');
		ctx.body = 'done';
		if (action === 'write') {
			await loaded.wait();
			ctx.session[`key ${Number(number) % 20}`] = Number(number);
			ctx.session['last'] = Number(number);
		} else if (action === 'end') await ctx.session.destroy();
		else if (action === 'begin') ctx.session['last'] = 'none';
		else await routes[action]?.(ctx);
	});
	const visitor = started.client();
	await visitor.get('/begin');
	store.calls.length = 0;
	return {...started, visitor};
};

const storm = (visitor: Client) => Array.from({length: size}, (_, number) => visitor.fork().get(`/write/${number}`));

onEachStore('hundreds of writes at once are written together, and none is lost', async (t, store) => {
	const {visitor, sessions} = await start(t, store);
	const answers = await Promise.all(storm(visitor));
	t.deepEqual(new Set(answers.map(({status}) => status)), new Set([200]));

	const stored = await storedData(sessions, visitor);
	const {last, ...keys} = stored ?? {};
	t.is(Object.keys(keys).length, 20);
	t.true(Object.values(keys).includes(last));
	for (const [key, number] of Object.entries(keys)) t.is(key, `key ${Number(number) % 20}`);
	t.true(store.calls.length < 1.2 * size, `${store.calls.length} calls`);
});

test.serial('each joint write reports within one of its own requests, however many wait', async t => {
	const [requests, count] = [new AsyncLocalStorage<string>(), 250];
	const writers: (string | undefined)[] = [];
	t.teardown(observe('update', () => writers.push(requests.getStore())));
	const loaded = new Barrier(count);
	const {client} = await startApp(
		t,
		{store: new MemoryStore()},
		async ctx => {
			if (ctx.path === '/begin') ctx.session['begun'] = true;
			else {
				await loaded.wait();
				ctx.session[ctx.path] = true;
			}
		},
		app => app.use((ctx, next) => requests.run(ctx.path, next)),
	);
	const visitor = client();
	await visitor.get('/begin');
	await Promise.all(Array.from({length: count}, (_, number) => visitor.fork().get(`/${number}`)));
	t.true(writers.length >= 3, `${writers.length} writes`);
	t.is(new Set(writers).size, writers.length, writers.join());
});

onEachStore(
	'each request of a joint write reports its own loss, within its own `AsyncLocalStorage`',
	async (t, store) => {
		const [requests, count] = [new AsyncLocalStorage<string>(), 5];
		const lost: (string | undefined)[] = [];
		t.teardown(observe('lost', () => lost.push(requests.getStore())));
		const loaded = new Barrier(count);
		const {client, sessions} = await startApp(
			t,
			{store},
			async ctx => {
				ctx.body = ctx.session.handle;
				if (ctx.path === '/begin') ctx.session['begun'] = true;
				if (!ctx.path.startsWith('/write')) return;
				await loaded.wait();
				ctx.session[ctx.path] = true;
			},
			app => app.use((ctx, next) => requests.run(ctx.path, next)),
		);
		const visitor = client();
		await visitor.get('/begin');
		const {body: handle} = await visitor.get('/');
		beforeNext(store, 'update', async () => {
			await sessions.destroy({handle});
		});
		const paths = Array.from({length: count}, (_, number) => `/write${number}`);
		await Promise.all(paths.map(path => visitor.fork().get(path)));
		t.deepEqual(lost.sort(), paths);
	},
	test.serial,
);

onTwoStores(
	'a logout and another session don’t wait for hundreds of writes, and the logout is final',
	async (t, store) => {
		let left = size;
		const {visitor, client, sessions} = await start(t, store);
		const other = client();
		await other.get('/begin');
		store.around = async (operation, call) => {
			if (operation === 'update') await sleep(20);
			return call();
		};
		const writes = storm(visitor).map(answer => answer.finally(() => left--));
		while (!store.calls.includes('update')) await sleep(1);

		t.is((await other.get('/other')).status, 200);
		t.is((await visitor.fork().get('/end')).status, 200);
		t.true(left > 0, 'the logout overtook some');
		t.is(await storedData(sessions, visitor), undefined);
		t.deepEqual(new Set((await Promise.all(writes)).map(({status}) => status)), new Set([200]));
		t.is(await storedData(sessions, visitor), undefined);
	},
);

onTwoStores('`update()` with a slow function wins beside a request that writes all the time', async (t, store) => {
	let [tries, isOver] = [0, false];
	const {visitor, sessions} = await start(t, store, {
		update: ctx =>
			ctx.session.update(async session => {
				tries++;
				const seen = session['last'];
				await sleep(100);
				session['seen'] = seen;
			}),
		count(ctx) {
			ctx.session['last'] = Number(ctx.path.split('/')[2]);
		},
	});
	const write = async () => {
		for (let number = 0; !isOver; number++) {
			await Promise.all([visitor.fork().get(`/count/${number}`), sleep(20)]);
		}
	};
	const writing = write();
	const {result, elapsed} = await measure(() => visitor.fork().get('/update'));
	t.is(result.status, 200);
	t.true(elapsed < 3000, `${elapsed} ms`);
	t.true(tries <= 3, `${tries} tries`);
	isOver = true;
	await writing;
	t.is(typeof (await storedData(sessions, visitor))?.['seen'], 'number');
});
