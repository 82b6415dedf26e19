import assert from 'node:assert/strict';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Cluster} from 'ioredis';
import {RedisStore} from '../../../source/stores/redis.ts';
import {stopwatch} from '../../helpers/order/stopwatch.ts';
import {connect, openStore} from '../../helpers/stores/redis.ts';
import {startRedisCluster, startRedisSentinel} from '../../services/redis.ts';
import type {Server} from '../../services/server.ts';

const key = 'counter';
const writers = 4;
/** For how long after the kill, in milliseconds, replies are still the old master's: the new one needs more to be one. */
const gap = 500;

type Counting = {
	/** What the old master and the new one acknowledged. */
	readonly before: number[];
	readonly after: number[];

	/** How long calls took that failed, and when after the kill, in milliseconds. */
	readonly failures: Array<{readonly took: number; readonly at: number}>;
};

/** Lets stores of their own increment one number, kills its master in the middle of it, and goes on until it grows again. */
const countAcrossFailover = async (
	t: ExecutionContext,
	url: string,
	{master, confirm}: {readonly master: Server; readonly confirm: () => Promise<void>},
) => {
	const stores = Array.from({length: writers}, () => openStore(t, url));
	const [first] = stores;
	assert.ok(first);
	await first.create(key, {bytes: Buffer.from('0'), expiresAt: Date.now() + 3_600_000});

	const counting: Counting = {before: [], after: [], failures: []};
	let killedAt = Number.POSITIVE_INFINITY;
	const count = async (store: RedisStore, isEnough: () => boolean): Promise<void> => {
		while (!isEnough()) {
			const startedAt = performance.now();
			try {
				const number = await increment(store);
				if (number !== undefined) (performance.now() < killedAt + gap ? counting.before : counting.after).push(number);
			} catch {
				const now = performance.now();
				counting.failures.push({took: now - startedAt, at: now - killedAt});
				if (now > killedAt + 30_000) throw new Error('Expected the number to grow again within 30 s');
				await delay(10);
			}
		}
	};
	const run = (isEnough: () => boolean) => Promise.all(stores.map(store => count(store, isEnough)));

	await run(() => counting.before.length >= 200);
	const confirmed = Math.max(...counting.before);
	await confirm();
	const counted = run(() => counting.after.length >= 200);
	await untilGrown(first, confirmed);
	killedAt = performance.now();
	await master.kill();
	await counted;
	return {...counting, confirmed, last: await number(first)};
};

const number = async (store: RedisStore): Promise<number> => Number(Buffer.from((await store.read(key))?.bytes ?? []));

const increment = async (store: RedisStore): Promise<number | undefined> => {
	const record = await store.read(key);
	assert.ok(record, 'the record is there');
	const next = Number(Buffer.from(record.bytes)) + 1;
	const bytes = Buffer.from(String(next));
	const result = await store.update(key, {bytes, expiresAt: record.expiresAt}, record.version);
	assert.notEqual(result, 'missing');
	return result === 'conflict' ? undefined : next;
};

const untilGrown = async (store: RedisStore, confirmed: number): Promise<void> => {
	while ((await number(store)) < confirmed + 50) await delay(1);
};

type Counted = Awaited<ReturnType<typeof countAcrossFailover>>;

const isUnique = (numbers: readonly number[]): boolean => new Set(numbers).size === numbers.length;

const check = (t: ExecutionContext, {before, after, failures, confirmed, last}: Counted): void => {
	const repeated = after.filter(number => before.includes(number)).length;
	const lastFailure = Math.max(0, ...failures.map(({at}) => at));
	t.log(`${before.length} writes before and ${after.length} after; ${repeated} that were acknowledged got lost`);
	t.log(`${failures.length} calls failed, the last one ${Math.round(lastFailure)} ms after the kill`);
	t.true(isUnique(before), 'no version was replaced twice on the old master');
	t.true(isUnique(after), 'no version was replaced twice on the new one');
	t.true(Math.min(...after) > confirmed, 'nothing is lost that the replica had');
	t.is(last, Math.max(...after), 'nothing is lost since');
	t.true(
		failures.every(({took}) => took < 8000),
		'each call ends',
	);
	t.true(lastFailure < 20_000, 'failures end automatically');
};

/** Resolves once the replica has all that the master has acknowledged so far. */
const confirmOn =
	(t: ExecutionContext, port: number, marker: string): (() => Promise<void>) =>
	async () => {
		const client = connect(t, `redis://127.0.0.1:${port}`);
		await client.set(marker, '1');
		assert.equal(await client.wait(1, 5000), 1);
		client.disconnect();
	};

test.serial('a cluster replaces a master in mid-load, and the store goes on with what its replica had', async t => {
	const cluster = await startRedisCluster({replicas: 1});
	t.teardown(() => cluster.stop());
	const ports = cluster.ports.map(port => `127.0.0.1:${port}`);
	const observer = new Cluster(ports.slice(0, 1));
	t.teardown(() => observer.disconnect());
	await once(observer, 'ready');
	const slot = await observer.cluster('KEYSLOT', key);
	const slots = await observer.cluster('SLOTS');
	const range = slots.find(([from, to]) => Number(from) <= slot && slot <= Number(to));
	const master = cluster.nodes.find(({port}) => port === Number(range?.[2]?.[1]));
	assert.ok(master);

	const counted = await countAcrossFailover(t, `redis+cluster://${ports.slice(0, 3).join(',')}`, {
		master,
		confirm: confirmOn(t, master.port, `{${key}}marker`),
	});
	check(t, counted);
});

test.serial('sentinels replace a master in mid-load, and the store goes on with what its replica had', async t => {
	const {master, sentinel, stop} = await startRedisSentinel();
	t.teardown(stop);
	const url = `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`;
	const copies = readNearby(t, url);
	const counted = await countAcrossFailover(t, url, {master, confirm: confirmOn(t, master.port, 'marker')});
	check(t, counted);
	t.is(await copies.readUntil(counted.last), counted.last, 'copies of the old master are gone');
});

/** Reads the number all the time, as requests begin that may take a copy. */
const readNearby = (t: ExecutionContext, url: string) => {
	const store = new RedisStore(url, {nearCache: true});
	t.teardown(() => store.close());
	let [newest, isOver] = [0, false];
	const reading = (async () => {
		while (!isOver) {
			const found = await store.read(key, {mayBeOld: true}).catch(() => undefined);
			if (found) newest = Number(Buffer.from(found.bytes));
			await delay(1);
		}
	})();
	return {
		/** Resolves with this number once it is read, or with another one after 20 s. */
		async readUntil(wanted: number): Promise<number> {
			const latest = performance.now() + 20_000;
			while (newest !== wanted && performance.now() < latest) await delay(10);
			isOver = true;
			await reading;
			return newest;
		},
	};
};

/** Tries again until a call succeeds, each within the time that a request has. */
const eventually = async <Result>(call: () => Promise<Result>): Promise<Result> => {
	const latest = performance.now() + 20_000;
	for (;;) {
		try {
			return await call();
		} catch (error) {
			if (performance.now() > latest) throw error;
			await delay(50);
		}
	}
};

test.serial('a cluster that is down fails calls at once, also those to come, and is found again', async t => {
	const cluster = await startRedisCluster();
	t.teardown(() => cluster.stop());
	const url = `redis+cluster://${cluster.ports.map(port => `127.0.0.1:${port}`).join(',')}`;
	const store = openStore(t, url);
	await store.create('key', {bytes: Buffer.from('data'), expiresAt: Date.now() + 3_600_000});
	await Promise.all(cluster.nodes.map(node => node.kill()));

	const late = openStore(t, url);
	for (const each of [store, late, store, late]) {
		const elapsed = stopwatch(t);
		await t.throwsAsync(each.read('key'));
		t.true(elapsed() < 5000);
	}

	await Promise.all(cluster.nodes.map(node => node.restart()));
	for (const each of [store, late]) {
		t.is(await eventually(() => each.read('nothing')), undefined);
		t.truthy(
			await eventually(() =>
				each
					.create('key', {bytes: Buffer.from('new'), expiresAt: Date.now() + 9e6})
					.then(version => version ?? 'taken'),
			),
		);
	}
});

test.serial('sentinels and servers that are down fail calls in time, and are found again', async t => {
	const {master, replica, sentinel, stop} = await startRedisSentinel();
	t.teardown(stop);
	const store = openStore(t, `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`);
	t.is(await store.read('nothing'), undefined);
	await Promise.all([master, replica, sentinel].map(server => server.kill()));

	const elapsed = stopwatch(t);
	await t.throwsAsync(store.read('key'));
	await t.throwsAsync(store.read('key'));
	t.true(elapsed() < 12_000);

	await Promise.all([master, sentinel].map(server => server.restart()));
	t.is(await eventually(() => store.read('nothing')), undefined);
});
