import assert from 'node:assert/strict';
import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {Cluster, Redis} from 'ioredis';
import {Cluster as OlderCluster} from 'ioredis-5.3';
import {Cluster as ValkeyCluster} from 'iovalkey';
import {createScript} from '../../../source/stores/redis/record-scripts.ts';
import {RedisStore} from '../../../source/stores/redis.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {create, record, textOf} from '../../helpers/stores/records.ts';
import {connect, openStore} from '../../helpers/stores/redis.ts';
import {startRedis} from '../../services/redis.ts';

// A client of a cluster with one master, once it has lost its connection to that, has only a replica to ask.

const host = '127.0.0.1';

/** A cluster of one master and its replica. */
const startShard = async () => {
	const settings = {'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'cluster-announce-ip': host};
	const [master, replica] = [await startRedis(settings), await startRedis(settings)];
	const [ofMaster, ofReplica] = [new Redis(master.url), new Redis(replica.url)];
	await ofMaster.cluster('ADDSLOTS', ...Array.from({length: 16_384}, (_, slot) => slot));
	await ofReplica.cluster('MEET', host, master.port);
	const id = String(await ofMaster.cluster('MYID'));
	await eventually(() => ofReplica.cluster('REPLICATE', id));
	await eventually(async () => {
		assert.match(String(await ofMaster.cluster('INFO')), /cluster_state:ok/);
		assert.match(await ofReplica.info('replication'), /master_link_status:up/);
		assert.equal((await ofMaster.cluster('SLOTS'))[0]?.length, 4, 'its master and its replica');
	});
	for (const operator of [ofMaster, ofReplica]) operator.disconnect();
	return {master, replica};
};

const started = startShard();
test.after.always(async () => {
	const {master, replica} = await started;
	await Promise.all([master, replica].map(server => server.stop()));
});

/** Closes all connections of clients to the master, as it does with those that are idle. */
const closeConnections = (operator: Redis) => operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

/** How many values the replica has read for anyone. */
const readsOf = async (replica: Redis): Promise<number> =>
	Number(/^cmdstat_get:calls=(\d+)/m.exec(await replica.info('commandstats'))?.[1] ?? 0);

const clients = {ioredis: Cluster, 'ioredis 5.3': OlderCluster, iovalkey: ValkeyCluster};

for (const [name, Client] of Object.entries(clients)) {
	const open = async (t: ExecutionContext) => {
		const {master, replica} = await started;
		const client = new Client([{host, port: master.port}]);
		t.teardown(() => client.disconnect());
		const store = new RedisStore(client);
		await create(store, `${name}: ${t.title}`, record('here'));
		await eventually(async () => assert.equal(client.nodes('slave').length, 1));
		return {
			client,
			store,
			key: `${name}: ${t.title}`,
			operator: connect(t, master.url),
			ofReplica: connect(t, replica.url),
		};
	};

	test.serial(`a master that closed an idle connection is read again, not its replica: ${name}`, async t => {
		const {client, store, key, operator, ofReplica} = await open(t);
		const dropped = once(client, '-node');
		await closeConnections(operator);
		await dropped;
		await eventually(async () => assert.equal(client.nodes('master').length, 1));
		const before = await readsOf(ofReplica);
		t.is(await textOf(store, key), 'here');
		t.is(await readsOf(ofReplica), before);
	});

	test.serial(`a write that reached a replica is sent to the master: ${name}`, async t => {
		const {client, store, key, operator, ofReplica} = await open(t);
		// Otherwise it would ask for the script's text first, and the master might be back by then.
		await ofReplica.script('LOAD', createScript.lua);
		const dropped = once(client, '-node');
		await closeConnections(operator);
		await dropped;
		t.is(client.nodes('master').length, 0);
		t.truthy(await store.create(`${key} too`, record()));
	});
}

test.serial('a store with its own client writes again', async t => {
	const {master} = await started;
	const operator = connect(t, master.url);
	const store = openStore(t, `redis+cluster://${host}:${master.port}`);
	await create(store, 'own', record());
	for (let times = 0; times < 3; times++) {
		await closeConnections(operator);
		t.truthy(await eventually(() => store.create(`own ${times}`, record())));
	}
});
