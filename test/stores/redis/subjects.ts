import assert from 'node:assert/strict';
import {createHash, randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import type {SessionRecord} from '../../../source/store.ts';
import {toCommands} from '../../../source/stores/redis/client.ts';
import {SubjectIndex} from '../../../source/stores/redis/subject-index.ts';
import {type RedisClient, RedisStore} from '../../../source/stores/redis.ts';
import {systemClock} from '../../../source/testing/index.ts';
import {Gate} from '../../helpers/order/barrier.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, noVersion, record, update} from '../../helpers/stores/records.ts';
import {connect, redisUrl} from '../../helpers/stores/redis.ts';

test('the index of a subject lives as long as its last record, and forgets ended ones before', async t => {
	const client = connect(t, await redisUrl(), `${randomUUID()}:`);
	const store = new RedisStore(client);
	const soon = (): SessionRecord => ({...record(), expiresAt: Date.now() + 20_000, subject: 'ann'});
	const version = await create(store, 'first', soon());
	const prefix = client.options.keyPrefix ?? '';
	const [found = ''] = await client.keys(`${prefix}koa-server-session:*`);
	const index = found.slice(prefix.length);
	const isBetween = (value: number, least: number, most: number) => t.true(least < value && value <= most, `${value}`);
	isBetween(await client.pttl(index), 0, 20_000);

	await store.touch('first', Date.now() + 60_000, version);
	isBetween(await client.pttl(index), 30_000, 60_000);
	await create(store, 'second', soon());
	isBetween(await client.pttl(index), 30_000, 60_000);

	await client.zadd(index, String(Date.now() - 1), 'ended');
	await create(store, 'third', soon());
	t.deepEqual(await client.zrange(index, 0, '-1'), ['second', 'third', 'first']);
});

test('a refused write takes no record out of the index', async t => {
	const client = connect(t, await redisUrl(), `${randomUUID()}:`);
	const store = new RedisStore(client);
	const anns = {...record(), subject: 'ann'};
	const version = await create(store, 'key', anns);
	await store.update('key', anns, version);
	t.is(await store.update('key', {...anns, expiresAt: Date.now() + 10}, version), 'conflict');

	await systemClock().advance(20);
	await create(store, 'other', anns);
	t.deepEqual((await keysOf(store.bySubject('ann'))).toSorted(), ['key', 'other']);
});

test('a record that can not be found by its subject is not stored', async t => {
	const prefix = `${randomUUID()}:`;
	const client = connect(t, await redisUrl(), prefix);
	const store = new RedisStore(client);
	const anns = {...record(), subject: 'ann'};
	await create(store, 'first', anns);
	const [index = ''] = await client.keys(`${prefix}koa-server-session:*`);
	await client.set(index.slice(prefix.length), 'no sorted set');

	const version = await create(store, 'key', record());
	await t.throwsAsync(store.update('key', anns, version), {message: /^WRONGTYPE/});
	await t.throwsAsync(store.create('new', anns), {message: /^WRONGTYPE/});
	t.is((await store.read('key'))?.version, version);
	t.is(await store.read('new'), undefined);
});

/** A store on keys of its own, and what is in the index of `ann`. */
const openIndexed = async (t: ExecutionContext) => {
	const prefix = `${randomUUID()}:`;
	const url = await redisUrl();
	const client = connect(t, url, prefix);
	const hash = createHash('sha256').update('ann').digest('base64url');
	const index = `koa-server-session:subject:${hash}`;
	/** Another process, whose writes to a record wait until they may go on. */
	const slow = () => {
		const real = connect(t, url, prefix);
		const gate = new Gate();
		const held: RedisClient = {
			getBuffer: key => real.getBuffer(key),
			call: (...call) => real.call(...call),
			on: real.on.bind(real),
			evalBuffer: (lua, count, ...args) => real.callBuffer('eval', lua, count, ...args),
			async evalshaBuffer(sha1, count, ...args) {
				if (args[0] !== index) await gate.pass();
				return real.callBuffer('evalsha', sha1, count, ...args);
			},
		};
		return {store: new RedisStore(held), gate};
	};
	return {client, index, store: new RedisStore(client), slow, entries: () => client.zrange(index, 0, '-1')};
};

const anns = (): SessionRecord => ({...record(), subject: 'ann'});

test('what ends a session leaves the index', async t => {
	const {store, client, index, entries} = await openIndexed(t);
	for (let login = 0; login < 20; login++) {
		const version = await create(store, `key ${login}`, anns());
		const next = await update(store, `key ${login}`, {...anns(), expiresAt: record().expiresAt + login}, version);
		await store.touch(`key ${login}`, record().expiresAt + 60_000, next);
		t.true(login % 2 === 0 ? await store.delete(`key ${login}`, next) : await store.delete(`key ${login}`));
	}
	// The commands of one connection run in order, and the last of these was sent with the last delete.
	t.deepEqual(await entries(), []);
	t.is(await client.exists(index), 0);
});

test('a session that ended before the expiry it once had, or changed its subject, leaves the index too', async t => {
	const {store, entries} = await openIndexed(t);
	const later = {...anns(), expiresAt: record().expiresAt + 60_000};
	const open = async (key: string) => create(store, key, later);
	await store.delete('shortened', await update(store, 'shortened', anns(), await open('shortened')));
	await update(store, 'renamed', {...anns(), subject: 'bob'}, await open('renamed'));
	await update(store, 'anonymous', record(), await open('anonymous'));
	await update(store, 'over', {...anns(), expiresAt: Date.now() - 1}, await open('over'));
	await store.touch('ended', Date.now() - 1, await open('ended'));
	// Nothing waits for these clean-ups, and each is a few commands.
	await eventually(async () => assert.deepEqual(await entries(), []));
	t.deepEqual(await keysOf(store.bySubject('bob')), ['renamed']);
});

test('an index stays about as long as there are live sessions, though nobody asks for it', async t => {
	const {store, client, entries} = await openIndexed(t);
	await create(store, 'live', anns());
	for (let login = 0; login < 500; login++) {
		const key = `key ${login}`;
		await create(store, key, anns());
		// As a record does that expires, or that another tool deletes.
		await client.del(key);
	}
	const {length} = await entries();
	t.true(length < 350, `${length} entries`);
	t.deepEqual(await keysOf(store.bySubject('ann')), ['live']);
});

test('what a delete that was refused left alone stays in the index', async t => {
	const {store, entries} = await openIndexed(t);
	const version = await create(store, 'key', anns());
	await update(store, 'key', anns(), version);
	t.false(await store.delete('key', version));
	t.deepEqual(await entries(), ['key']);
});

test('a walk takes out what is over or has another subject, and costs nothing for it again', async t => {
	const {store, client, index, entries} = await openIndexed(t);
	const keys = Array.from({length: 300}, (_, place) => `key ${place}`);
	const versions = await Promise.all(keys.map(key => create(store, key, anns())));
	await entries();
	await client.del(...keys.slice(0, 250));
	await update(store, 'key 250', {...record(), subject: 'bob'}, versions[250] ?? noVersion);
	const live = keys.slice(251);

	t.deepEqual((await keysOf(store.bySubject('ann'))).toSorted(), live.toSorted());
	t.deepEqual((await entries()).toSorted(), live.toSorted());
	t.deepEqual(await keysOf(store.bySubject('bob')), ['key 250']);
	t.true((await client.pttl(index)) > 0);
});

test('a record that is being created during a walk is in the index once it is there', async t => {
	const {store, slow, entries} = await openIndexed(t);
	const {store: other, gate} = slow();
	const created = other.create('key', anns());
	await gate.reached;
	t.deepEqual(await keysOf(store.bySubject('ann')), [], 'entered, and not written yet');
	gate.open();
	await created;
	t.deepEqual(await keysOf(store.bySubject('ann')), ['key']);
	await store.delete('key');
	t.deepEqual(await entries(), []);
});

test('a record that gets its subject during a walk is in the index once it has it', async t => {
	const {store, slow} = await openIndexed(t);
	const version = await create(store, 'key', record());
	const {store: other, gate} = slow();
	const updated = other.update('key', anns(), version);
	await gate.reached;
	t.deepEqual(await keysOf(store.bySubject('ann')), []);
	gate.open();
	await updated;
	t.deepEqual(await keysOf(store.bySubject('ann')), ['key']);
});

test('a record that is being written stays in the index though another write of it is over', async t => {
	const {client, entries} = await openIndexed(t);
	const processes = [new SubjectIndex(toCommands(client), 'ann'), new SubjectIndex(toCommands(client), 'ann')] as const;
	const entry = {key: 'key', expiresAt: record().expiresAt};
	const [slow, fast] = [await processes[0].enter(entry), await processes[1].enter(entry)];
	await processes[1].settle('key', fast);
	t.deepEqual(await keysOf(processes[1].walk()), []);
	t.deepEqual(await entries(), ['key'], 'until the other write is over');
	await processes[0].settle('key', slow);
	t.deepEqual(await entries(), ['key']);
});

test('a record that is created again while its predecessor leaves the index stays in it', async t => {
	const {store, client, index} = await openIndexed(t);
	const old = anns();
	const version = await create(store, 'key', old);
	const predecessor = new SubjectIndex(toCommands(client), 'ann');

	// One process deletes the record; before its entry leaves, another one creates a record under the same key.
	await client.del('key');
	const next = await create(store, 'key', old);
	t.not(next, version);
	await client.zscore(index, 'key');
	await predecessor.leave({key: 'key', expiresAt: old.expiresAt});
	t.deepEqual(await keysOf(store.bySubject('ann')), ['key']);
});

test('a walk makes progress in steps, however many entries are over', async t => {
	const {store, client, index} = await openIndexed(t);
	const end = String(record().expiresAt);
	for (let start = 0; start < 20_000; start += 1000) {
		await client.zadd(index, ...Array.from({length: 1000}, (_, place) => [end, `over ${start + place}`]).flat());
	}
	await create(store, 'key', anns());
	let [longest, pages, keys, before] = [0, 0, 0, performance.now()];
	for await (const page of store.bySubject('ann')) {
		longest = Math.max(longest, performance.now() - before);
		before = performance.now();
		pages++;
		keys += page.length;
	}
	t.is(keys, 1);
	t.true(pages > 100, `${pages} pages`);
	t.true(longest < 1000, `${longest} ms for one of ${pages} pages`);
	t.is(await client.zcard(index), 1);
});
