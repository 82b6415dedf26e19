import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {type Codec, type Envelope, json, observe, type SessionOptions} from '../../source/index.ts';
import {addClaim, readClaim} from '../../source/records/claim-bytes.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Route, startApp, type TestContext} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {measure} from '../helpers/order/stopwatch.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';
import {type WatchedStore, watch} from '../helpers/stores/watched-store.ts';

// An `update()` whose function takes longer than another process pauses between its writes. Two applications on one store
// stand for two processes: their requests don't wait for each other.

const start = async (
	t: ExecutionContext,
	store: WatchedStore,
	routes: Readonly<Record<string, Route>>,
	options: SessionOptions = {},
) => {
	const route = async (ctx: TestContext) => {
		ctx.body = 'done';
		const [, action = '', name = '', value] = ctx.path.split('/');
		if (action === 'write') ctx.session[name] = value === undefined ? true : Number(value);
		if (action === 'handle') ctx.body = ctx.session.handle;
		if (action === 'end') await ctx.session.destroy();
		await routes[action]?.(ctx);
	};
	const [here, there] = [await startApp(t, {store, ...options}, route), await startApp(t, {store, ...options}, route)];
	const visitor = here.client();
	await visitor.get('/write/first');
	const elsewhere = visitor.fork(there.port);
	const {body: handle} = await visitor.get('/handle');
	const key = `session:${handle}`;
	const isHeld = async () => readClaim((await store.read(key))?.bytes ?? t.fail()) !== undefined;
	const write = (name: string) => elsewhere.fork().get(`/write/${name}`);
	return {visitor, elsewhere, handle, key, isHeld, write, sessions: here.sessions};
};

/** A function that is overtaken by a write each time it runs, until its session is claimed. */
const overtaken = (isHeld: () => Promise<boolean>, write: (name: string) => Promise<unknown>) => {
	const writes: Promise<unknown>[] = [];
	const run = async (session: Record<string, unknown>): Promise<void> => {
		const mustWait = await isHeld();
		writes.push(write(`write${writes.length}`));
		await (mustWait ? sleep(20) : writes.at(-1));
		session['count'] = Number(session['count'] ?? 0) + 1;
	};
	return {run, writes};
};

onEachStore(
	'an update() that another process keeps overtaking wins all the same, and loses nothing',
	async (t, store) => {
		const {visitor, sessions, isHeld, write} = await start(t, store, {update: ctx => ctx.session.update(run)});
		const {run, writes} = overtaken(isHeld, write);
		t.is((await visitor.get('/update')).status, 200);
		t.true(writes.length > 3 && writes.length < 10, `it ran ${writes.length} times`);
		await Promise.all(writes);
		const names = writes.map((_, index) => [`write${index}`, true]);
		t.deepEqual(await storedData(sessions, visitor), {first: true, count: 1, ...Object.fromEntries(names)});
		t.false(await isHeld());
	},
);

onTwoStores('so does one from outside of requests', async (t, store) => {
	const {visitor, handle, sessions, isHeld, write} = await start(t, store, {});
	const {run, writes} = overtaken(isHeld, write);
	t.true(await sessions.update({handle}, run));
	t.true(writes.length > 3 && writes.length < 10, `it ran ${writes.length} times`);
	await Promise.all(writes);
	const data = (await storedData(sessions, visitor)) ?? {};
	t.is(Object.keys(data).length, 2 + writes.length);
	t.is(data['count'], 1);
});

onTwoStores('of two that overtake each other, both win', async (t, store) => {
	const update: Route = ctx =>
		ctx.session.update(async session => {
			await sleep(20);
			session['count'] = Number(session['count'] ?? 0) + 1;
		});
	const {visitor, elsewhere, sessions} = await start(t, store, {update});
	const all = [visitor, elsewhere].flatMap(client => Array.from({length: 5}, () => client.fork().get('/update')));
	for (const {status} of await Promise.all(all)) t.is(status, 200);
	t.is((await storedData(sessions, visitor))?.['count'], 10);
});

/** Claims a session as a process does that dies before it writes. */
const claimAndDie = async (store: WatchedStore, key: string, length: number): Promise<void> => {
	const record = await store.read(key);
	if (record) await store.update(key, {...record, bytes: addClaim(record.bytes, {owner: 1, length})}, record.version);
};

onTwoStores('a claim whose process has died holds up a write for its length, and nothing else', async (t, store) => {
	const {visitor, key, sessions} = await start(t, store, {});
	await claimAndDie(store, key, 600);
	store.calls.length = 0;
	const {elapsed: reading} = await measure(() => visitor.get('/'));
	t.deepEqual(store.calls, ['read']);
	t.true(reading < 500, `a page that reads took ${reading} ms`);
	t.deepEqual(await storedData(sessions, visitor), {first: true});

	const startedAt = performance.now();
	await visitor.get('/write/second');
	t.true(performance.now() - startedAt > 400);
	t.deepEqual(await storedData(sessions, visitor), {first: true, second: true});

	await claimAndDie(store, key, 60_000);
	const {elapsed: ending} = await measure(() => visitor.get('/end'));
	t.true(ending < 2000, `a logout took ${ending} ms`);
	t.is(await store.read(key), undefined);
});

onTwoStores(
	'a clock that is set back while a write waits for a claim makes it wait no longer than the claim says',
	async (t, store) => {
		const loaded = new Gate();
		const {visitor, key, sessions} = await start(t, store, {
			async late(ctx) {
				ctx.session['late'] = true;
				await loaded.pass();
			},
		});
		await claimAndDie(store, key, 600);
		const {now} = Date;
		t.teardown(() => Object.assign(Date, {now}));
		const {elapsed} = await measure(async () => {
			const answer = visitor.get('/late');
			await loaded.reached;
			Date.now = () => now() - 3_600_000;
			loaded.open();
			await answer;
		});
		Date.now = now;
		t.true(elapsed < 5000, `it waited for ${elapsed} ms`);
		t.like(await storedData(sessions, visitor), {late: true});
	},
	test.serial,
);

onTwoStores(
	'nobody waits for a claim once its function has failed, changed nothing, or made what cannot be written',
	async (t, store) => {
		const {visitor, elsewhere, handle, sessions, isHeld} = await start(t, store, {
			fail: ctx => ctx.session.update(fail),
			nothing: ctx => ctx.session.update(nothing),
			spoil: ctx => ctx.session.update(spoil),
		});
		const claimed: boolean[] = [];
		const overtake = async (): Promise<boolean> => {
			if (claimed.push(await isHeld()) > 3) return false;
			await elsewhere.fork().get(`/write/count/${claimed.length + 10 * Math.random()}`);
			return true;
		};
		const nothing = async (session: Record<string, unknown>): Promise<void> => {
			if (await overtake()) session['changed'] = true;
		};
		const fail = async (session: Record<string, unknown>): Promise<void> => {
			await nothing(session);
			if (claimed.length > 3) throw new Error('sold out');
		};
		const spoil = async (session: Record<string, unknown>): Promise<void> => {
			await nothing(session);
			if (claimed.length > 3) session['encodable'] = () => false;
		};
		const acts = [
			() => visitor.get('/fail'),
			() => visitor.get('/nothing'),
			() => t.throwsAsync(sessions.update({handle}, fail), {message: 'sold out'}),
			() => sessions.update({handle}, nothing),
			() => visitor.get('/spoil'),
			() => t.throwsAsync(sessions.update({handle}, spoil), {code: 'ERR_SESSION_NOT_ENCODABLE'}),
		];
		for (const act of acts) {
			claimed.length = 0;
			await act();
			t.deepEqual(claimed, [false, false, false, true]);
			t.false(await isHeld());
		}
	},
);

onTwoStores('two updates of one request that another process overtakes both win', async (t, store) => {
	const {visitor, sessions, isHeld, write} = await start(t, store, {
		update: ctx => Promise.all([one, other].map(({run}) => ctx.session.update(run))),
	});
	const [one, other] = [overtaken(isHeld, write), overtaken(isHeld, name => write(`other-${name}`))];
	t.is((await visitor.get('/update')).status, 200);
	t.true(one.writes.length + other.writes.length < 30);
	await Promise.all([...one.writes, ...other.writes]);
	t.is((await storedData(sessions, visitor))?.['count'], 2);
});

onTwoStores(
	'an update waits for a claim before its function runs, and nobody counts that as a collision',
	async (t, store) => {
		const {visitor, handle, key, sessions} = await start(t, store, {update: ctx => ctx.session.update(change)});
		const conflicts: string[] = [];
		t.teardown(observe('conflict', ({session}) => conflicts.push(session)));
		const runs: number[] = [];
		const change = (session: Record<string, unknown>) => {
			session['runs'] = runs.push(performance.now());
		};
		for (const act of [() => sessions.update({handle}, change), () => visitor.get('/update')]) {
			const claimedAt = performance.now();
			await claimAndDie(store, key, 200);
			await act();
			t.true((runs.at(-1) ?? 0) - claimedAt > 150);
		}
		t.is(runs.length, 2);
		t.false(conflicts.includes(handle.slice(0, 8)));
		t.is((await storedData(sessions, visitor))?.['runs'], 2);
	},
);

/** A codec whose passages that are open can be counted. */
const countPassages = () => {
	const passages = {open: 0};
	const codec: Codec<Envelope> = function* (stored, context) {
		passages.open++;
		try {
			return yield* json()(stored, context);
		} finally {
			passages.open--;
		}
	};
	return {passages, codec};
};

for (const fails of [false, true]) {
	test(`memory: the codec can clean up after a claim that ${fails ? 'the store refuses' : 'is written'}`, async t => {
		const store = watch(new MemoryStore());
		const {passages, codec} = countPassages();
		let [runs, updates] = [0, 0];
		/** Is overtaken three times. Then comes the claim. */
		const change = async (session: Record<string, unknown>): Promise<void> => {
			session['changed'] = ++runs;
			if (runs % 4 > 0) await write(`write${runs}`);
			if (runs % 4 < 3 || !fails) return;
			updates = 0;
			store.around = (operation, call) =>
				operation === 'update' && ++updates > 1 ? Promise.reject(new Error('full')) : call();
		};
		const routes: Readonly<Record<string, Route>> = {update: ctx => ctx.session.update(change)};
		const {visitor, handle, sessions, write} = await start(t, store, routes, {codec});
		const outside = sessions.update({handle}, change);
		if (fails) await t.throwsAsync(outside, {code: 'ERR_SESSION_STORE'});
		else t.true(await outside);
		t.is(passages.open, 0);

		runs = 4;
		store.around = (_operation, call) => call();
		t.is((await visitor.get('/update')).status, fails ? 503 : 200);
		t.is(passages.open, 0);
	});
}

onTwoStores(
	'a touch by another process lets an update neither wait for its own claim nor run again',
	async (t, store) => {
		const {visitor, isHeld, write} = await start(t, store, {update: ctx => ctx.session.update(change)});
		const touching = await startApp(t, {store, touchAfter: 0}, ctx => {
			ctx.body = String(ctx.session['first']);
		});
		let runs = 0;
		const change = async (session: Record<string, unknown>): Promise<void> => {
			session['changed'] = ++runs;
			if (runs < 4) await write(`write${runs}`);
			else {
				t.true(await isHeld());
				await visitor.fork(touching.port).get('/');
				store.calls.length = 0;
			}
		};
		t.is((await visitor.get('/update')).status, 200);
		t.is(runs, 4);
		t.deepEqual(store.calls, ['update', 'read', 'update']);
	},
);

test('memory: a session that only just fits into its store is updated without a claim', async t => {
	let maxBytes = 1000;
	const store = watch(Object.defineProperty(new MemoryStore(), 'maxBytes', {get: () => maxBytes}));
	const {visitor, handle, key, sessions, isHeld} = await start(t, store, {});
	maxBytes = (await store.read(key))?.bytes.length ?? 0;
	const found: boolean[] = [];
	const change = async (session: Record<string, unknown>): Promise<void> => {
		found.push(await isHeld());
		if (found.length < 6) await visitor.get(`/write/first/${found.length}`);
		session['first'] = 7;
	};
	t.true(await sessions.update({handle}, change));
	t.deepEqual(
		found,
		Array.from({length: 6}, () => false),
	);
	t.is((await storedData(sessions, visitor))?.['first'], 7);
});
