import assert from 'node:assert/strict';
import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {MongoStore, type MongoStoreClient} from '../../../source/stores/mongodb.ts';
import {startLossy} from '../../helpers/faults/lost-replies.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {connect, drawCollection, mongoUrl, patience, privateMongo} from '../../helpers/stores/mongodb.ts';
import {create, noVersion, record, update} from '../../helpers/stores/records.ts';

// The connection breaks after a write was applied, before its reply.

/** So that the reply that gets lost is none to a heartbeat. */
const noHeartbeats = {heartbeatFrequencyMS: 600_000, serverMonitoringMode: 'poll'} as const;

test('a write whose reply was lost counts as that write', async t => {
	const server = await privateMongo(t);
	const proxy = await startProxy(server.port);
	t.teardown(() => proxy.close());
	const client = connect(t, `mongodb://127.0.0.1:${proxy.port}`, {...noHeartbeats, monitorCommands: true});
	const store = new MongoStore(client);
	let sent: string[] = [];
	client.on('commandStarted', ({commandName}) => sent.push(commandName));

	const lossy = async <Result>(commands: readonly string[], call: () => Promise<Result>): Promise<Result> => {
		const before = proxy.lost;
		sent = [];
		proxy.loseNextReply();
		const result = await call();
		assert.equal(proxy.lost, before + 1);
		t.deepEqual(sent, commands);
		return result;
	};
	await store.read('nothing');
	const first = await lossy(['update', 'update'], () => store.create('key', record('first')));
	t.is((await store.read('key'))?.version, first);
	const second = await lossy(['update', 'update', 'find'], () =>
		update(store, 'key', record('second'), first ?? noVersion),
	);
	const stored = await store.read('key');
	t.is(stored?.version, second);
	t.is(Buffer.from(stored?.bytes ?? []).toString(), 'second');
	t.is(await store.update('key', record('late'), first ?? noVersion), 'conflict');
	t.true(await lossy(['update', 'update'], () => store.touch('key', record().expiresAt, second)));

	const past = {...record(), expiresAt: Date.now() - 1};
	const ended = await lossy(['update', 'update', 'find'], () => update(store, 'key', past, second));
	t.is(ended.length, 11, 'a version, though there is no live record any more');
	await lossy(['delete', 'delete'], () => store.delete('key'));
	t.is(await store.read('key'), undefined);
});

/** A client that loses the reply to a replacement, after something else happened. */
const losing = async (t: ExecutionContext, between: () => Promise<unknown>): Promise<MongoStoreClient> => {
	const client = connect(t, await mongoUrl());
	let isLossy = true;
	return {
		db: database => ({
			collection(name, options) {
				const real = client.db(database).collection(name, options);
				const replaceOne: typeof real.replaceOne = async (...parameters) => {
					const result = await real.replaceOne(...parameters);
					if (!isLossy) return result;

					isLossy = false;
					await between();
					throw Object.assign(new Error('connection closed'), {name: 'MongoNetworkError'});
				};
				return Object.assign(Object.create(real), {replaceOne});
			},
		}),
	};
};

test('a write whose reply was lost, and whose record others updated since, is unknown and no conflict', async t => {
	const collection = drawCollection();
	const other = new MongoStore(connect(t, await mongoUrl()), {collection});
	const version = await other.create('key', record('0'));
	const increment = async () => {
		const stored = await other.read('key');
		assert.ok(stored);
		await other.update('key', record(`${Buffer.from(stored.bytes)}, theirs`), stored.version);
	};
	const store = new MongoStore(await losing(t, increment), {collection});
	await t.throwsAsync(store.update('key', record('mine'), version ?? noVersion), {message: 'connection closed'});
	t.is(Buffer.from((await other.read('key'))?.bytes ?? []).toString(), 'mine, theirs');

	await other.delete('key');
	const creating = new MongoStore(await losing(t, increment), {collection});
	await t.throwsAsync(creating.create('key', record('mine')), {message: 'connection closed'});
	t.is(Buffer.from((await other.read('key'))?.bytes ?? []).toString(), 'mine, theirs');
});

test('an update whose reply was lost, and whose record was deleted since, stays undone', async t => {
	const collection = drawCollection();
	const other = new MongoStore(connect(t, await mongoUrl()), {collection});
	const version = await other.create('key', record());
	const store = new MongoStore(await losing(t, () => other.delete('key')), {collection});
	t.is(await store.update('key', record(), version ?? noVersion), 'missing');
	t.is(await other.read('key'), undefined);
});

test('a conflict is one, though the reply that would have said so was lost', async t => {
	const server = await privateMongo(t);
	const {proxy} = await startLossy(t, server.port);
	const client = connect(t, `mongodb://127.0.0.1:${proxy.port}`, {
		...noHeartbeats,
		monitorCommands: true,
		// The driver would ask again, and the store would never know.
		retryReads: false,
	});
	const store = new MongoStore(client);
	const first = await create(store, 'key', record('first'));
	const second = await update(store, 'key', record('second'), first);

	const sent: string[] = [];
	client.on('commandStarted', ({commandName}) => {
		sent.push(commandName);
		if (commandName === 'find' && proxy.lost === 0) proxy.loseNextReply();
	});
	t.is(await store.update('key', record('late'), first), 'conflict');
	t.deepEqual(sent, ['update', 'find', 'update', 'find']);
	t.is(proxy.lost, 1);
	t.is((await store.read('key'))?.version, second);
});

test('a write that waits for the connection that breaks is sent on another one', async t => {
	const server = await privateMongo(t);
	const {lossy, proxy} = await startLossy(t, server.port);
	const client = connect(t, `mongodb://127.0.0.1:${proxy.port}`, {...noHeartbeats, maxPoolSize: 1});
	const store = new MongoStore(client);
	await store.read('nothing');
	let waiting = Promise.resolve(noVersion);
	await lossy(
		() => create(store, 'key', record()),
		async () => {
			const asked = once(client, 'connectionCheckOutStarted');
			waiting = create(store, 'other', record());
			await asked;
		},
	);
	const version = await waiting;
	t.is((await store.read('other'))?.version, version);
});

test('a call whose reply was lost ends before its store closes', async t => {
	const server = await privateMongo(t);
	const other = new MongoStore(connect(t, server.url));
	const first = await create(other, 'key', record());
	await other.create('ended', {...record(), expiresAt: Date.now() - 1});

	/** What a call of a new store resolves with that is closed before the reply gets lost. */
	const closing = async <Result>(call: (store: MongoStore) => Promise<Result>): Promise<Result> => {
		const {proxy, lossy} = await startLossy(t, server.port);
		const settings = new URLSearchParams({...noHeartbeats, heartbeatFrequencyMS: '600000', retryReads: 'false'});
		const store = new MongoStore(`mongodb://127.0.0.1:${proxy.port}/?${settings}&${patience}`);
		await store.read('nothing');
		const closed = Promise.withResolvers<void>();
		const result = await lossy(
			() => call(store),
			async () => closed.resolve(store.close()),
		);
		await closed.promise;
		await t.throwsAsync(store.read('nothing'), {message: /^The store was closed/});
		return result;
	};
	const second = await closing(store => update(store, 'key', record('second'), first));
	t.is((await other.read('key'))?.version, second);
	t.is(await closing(store => store.prune(10)), 1);
});

test('a page of a walk that was asked for comes before its store closes', async t => {
	const server = await privateMongo(t);
	const store = new MongoStore(`${server.url}/?${patience}`);
	await create(store, 'key', {...record(), subject: 'ann'});
	const page = store.bySubject('ann').next();
	const closed = store.close();
	t.deepEqual(await page, {done: false, value: ['key']});
	await closed;
});
