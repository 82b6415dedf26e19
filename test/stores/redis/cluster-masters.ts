import test from 'ava';
import {findMasters} from '../../../source/stores/redis/cluster-masters.ts';

/** A cluster of one master, which its client knows only after so many refreshes. */
const clusterKnownAfter = (count: number) => {
	const cluster = {
		refreshes: 0,
		ask: async () => [[0, 16_383, [Buffer.from('127.0.0.1'), 7000]]],
		find: (address: string) => (cluster.refreshes >= count ? address : undefined),
		async refresh() {
			cluster.refreshes++;
		},
	};
	return cluster;
};

test('a client that does not wait for its refresh is asked a few times more', async t => {
	const cluster = clusterKnownAfter(3);
	t.deepEqual(await findMasters(cluster), ['127.0.0.1:7000']);
	t.is(cluster.refreshes, 3);
});

test('a master that stays unknown is a fault, and no refresh is in vain', async t => {
	const cluster = clusterKnownAfter(Number.POSITIVE_INFINITY);
	await t.throwsAsync(findMasters(cluster), {code: 'ERR_SESSION_STORE', message: /no connection to a master/});
	t.is(cluster.refreshes, 3);
});
