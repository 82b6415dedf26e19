import {randomUUID} from 'node:crypto';
import test from 'ava';
import {expectTypeOf} from 'expect-type';
import {type Cluster, Redis as Valkey} from 'iovalkey';
import {type RedisClient, RedisStore} from '../../../source/stores/redis.ts';
import {conforms} from '../../helpers/stores/conforms.ts';
import {keepsContract} from '../../helpers/stores/conforms-in-short.ts';
import {create, record} from '../../helpers/stores/records.ts';
import {connect} from '../../helpers/stores/redis.ts';
import {startValkey} from '../../services/redis.ts';

// Valkey goes on from Redis 7.2, and iovalkey, its client, from ioredis 5.

const server = startValkey();
const client = server.then(({url}) => new Valkey(url, {keyPrefix: `${randomUUID()}:`}));
test.after.always(async () => {
	(await client).disconnect();
	await (await server).stop();
});

conforms(
	async t => {
		const own = new Valkey((await server).url, {keyPrefix: `${randomUUID()}:`});
		t.teardown(() => own.disconnect());
		return new RedisStore(own);
	},
	{keeps: true, compareAndSwap: true, bySubject: true, keys: true},
	{prefix: 'iovalkey: '},
);

test('the server is Valkey', async t => {
	t.regex(await (await client).info('server'), /^valkey_version:/m);
});

test('clients of Redis and a URL work with Valkey', async t => {
	await t.notThrowsAsync(keepsContract(new RedisStore(connect(t, (await server).url))));
	const store = new RedisStore((await server).url);
	await t.notThrowsAsync(keepsContract(store));
	await store.close();
});

test('copies nearby are dropped when Valkey says so', async t => {
	const valkey = await client;
	const reads = async () => /^cmdstat_get:calls=\d+/m.exec(await valkey.info('commandstats'))?.[0];
	const [near, plain] = [new RedisStore(valkey, {nearCache: true}), new RedisStore(valkey)];
	t.teardown(() => near.close());
	const key = randomUUID();
	const version = await create(near, key, record());
	for (let before: unknown = ''; before !== (await reads()); ) {
		before = await reads();
		t.truthy(await near.read(key, {mayBeOld: true}));
	}

	await plain.delete(key, version);
	while (await near.read(key, {mayBeOld: true})) await new Promise(setImmediate);
});

test('clients of iovalkey fit by their types', t => {
	expectTypeOf<Valkey>().toExtend<RedisClient>();
	expectTypeOf<Cluster>().toExtend<RedisClient>();
	t.pass();
});
