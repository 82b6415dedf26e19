import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import test from 'ava';
import {Cluster} from 'ioredis';
import {toVersion} from '../../../source/store.ts';
import {RedisStore} from '../../../source/stores/redis.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {record} from '../../helpers/stores/records.ts';
import {connect} from '../../helpers/stores/redis.ts';
import {startRedisCluster} from '../../services/redis.ts';

test('a call about a slot that no node serves rejects, though the client throws', async t => {
	const cluster = await startRedisCluster();
	t.teardown(() => cluster.stop());
	const nodes = cluster.ports.map(port => connect(t, `redis://127.0.0.1:${port}`));
	const [observer] = nodes;
	assert.ok(observer);

	const subject = 'ada';
	const index = `koa-server-session:subject:${createHash('sha256').update(subject).digest('base64url')}`;
	const key = 'session:unserved';
	const slots = await Promise.all([key, index].map(each => observer.cluster('KEYSLOT', each)));
	for (const node of nodes) {
		await node.config('SET', 'cluster-require-full-coverage', 'no');
		await node.cluster('DELSLOTS', slots);
	}

	const client = new Cluster(
		cluster.ports.map(port => ({host: '127.0.0.1', port})),
		{enableAutoPipelining: true, slotsRefreshTimeout: 5000},
	);
	t.teardown(() => client.disconnect());
	await once(client, 'ready');
	t.throws(() => client.get(key), {instanceOf: TypeError}, 'this client throws at once');

	const store = new RedisStore(client);
	const version = toVersion(`AAAAAAAAAAA:${subject}`);
	const {bytes, expiresAt} = record();
	// A call that throws fails the test here. AVA itself fails it for a rejection that nobody handles.
	for (const call of [
		() => store.create(key, {bytes, expiresAt}),
		() => store.create(key, {bytes, expiresAt, subject}),
		() => store.read(key),
		() => store.update(key, {bytes, expiresAt, subject}, version),
		() => store.touch(key, expiresAt, version),
		() => store.delete(key, version),
	]) {
		await t.throwsAsync(call());
	}
	await t.throwsAsync(keysOf(store.keys('session:')), {message: /serve all 16384 slots, got 1638[23]\. Repair it/});
});
