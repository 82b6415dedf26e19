import {randomUUID} from 'node:crypto';
import test from 'ava';
import type {SessionRecord} from '../../../source/store.ts';
import {RedisStore} from '../../../source/stores/redis.ts';
import {systemClock} from '../../../source/testing/index.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, record} from '../../helpers/stores/records.ts';
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
