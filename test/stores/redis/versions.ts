import test, {type ExecutionContext} from 'ava';
import {expectTypeOf} from 'expect-type';
import {Cluster, Redis} from 'ioredis-5.3';
import {Redis as Valkey, Cluster as ValkeyCluster} from 'iovalkey';
import {createClient, createClientPool, createCluster, createSentinel} from 'redis-5';
import {type RedisClient, RedisStore} from '../../../source/stores/redis.ts';
import {runs} from '../../helpers/runs.ts';
import {conforms} from '../../helpers/stores/conforms.ts';
import {keepsContract} from '../../helpers/stores/conforms-in-short.ts';
import {connect} from '../../helpers/stores/redis.ts';
import {startRedis, startRedisCluster, startRedisSentinel} from '../../services/redis.ts';

// The oldest client libraries that fit, and iovalkey. The newest ones are in the other files.

const single = startRedis();
const cluster = startRedisCluster();
const sentinels = startRedisSentinel();
const name = 'mymaster';
const sentinelNodes = async () => [{host: '127.0.0.1', port: (await sentinels).sentinel.port}];
const clusterNodes = async () => (await cluster).ports.map(port => ({host: '127.0.0.1', port}));

const open = {
	'ioredis 5.3': async () => endingBy('disconnect', new Redis((await single).url, {stringNumbers: true})),
	'ioredis 5.3, cluster': async () => endingBy('disconnect', new Cluster(await clusterNodes())),
	'ioredis 5.3, sentinels': async () =>
		endingBy('disconnect', new Redis({sentinels: await sentinelNodes(), name, stringNumbers: true})),
	'iovalkey, cluster': async () => endingBy('disconnect', new ValkeyCluster(await clusterNodes())),
	'iovalkey, sentinels': async () => endingBy('disconnect', new Valkey({sentinels: await sentinelNodes(), name})),
	'redis 5': async () => endingBy('destroy', await createClient({url: (await single).url}).connect()),
	'redis 5, pool': async () => {
		const pool = createClientPool({url: (await single).url});
		await pool.connect();
		return endingBy('destroy', pool);
	},
	'redis 5, cluster': async () => {
		const rootNodes = (await clusterNodes()).map(({host, port}) => ({url: `redis://${host}:${port}`}));
		return endingBy('destroy', await createCluster({rootNodes, useReplicas: true}).connect());
	},
	'redis 5, sentinels': async () =>
		endingBy('destroy', await createSentinel({name, sentinelRootNodes: await sentinelNodes()}).connect()),
};

type Opened = {readonly client: RedisClient; readonly end: () => unknown};

const endingBy = <Name extends string>(name: Name, client: RedisClient & Record<Name, () => unknown>): Opened => ({
	client,
	end: () => client[name](),
});

const opened = Object.entries(open).map(([title, start]) => [title, start()] as const);

/** The servers are the clients' own, so that each case may begin with none of another's keys. */
const flush = async (t: ExecutionContext): Promise<void> => {
	const ports = [(await single).port, (await sentinels).master.port, ...(await cluster).ports];
	await Promise.all(ports.map(port => connect(t, `redis://127.0.0.1:${port}`).flushall()));
};

for (const [title, each] of opened) {
	test.serial(`${title}: in short`, async t => t.notThrowsAsync(keepsContract(new RedisStore((await each).client))));

	if (runs(0, 1) === 0) continue;
	const openFlushed = async (t: ExecutionContext) => {
		await flush(t);
		return new RedisStore((await each).client);
	};
	conforms(openFlushed, {keeps: true, compareAndSwap: true, bySubject: true, keys: true}, {prefix: `${title}: `});
}

test.after.always(async () => {
	for (const [, each] of opened) await (await each).end();
	await Promise.all([single, cluster, sentinels].map(async server => (await server).stop()));
});

test('clients of older versions fit by their types', t => {
	expectTypeOf<Redis>().toExtend<RedisClient>();
	expectTypeOf<Cluster>().toExtend<RedisClient>();
	expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisClient>();
	expectTypeOf<ReturnType<typeof createClientPool>>().toExtend<RedisClient>();
	expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisClient>();
	expectTypeOf<ReturnType<typeof createSentinel>>().toExtend<RedisClient>();
	t.pass();
});
