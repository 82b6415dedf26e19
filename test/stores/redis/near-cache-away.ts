import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import {NearCache} from '../../../source/stores/redis/near-cache.ts';

test('a near cache that can not begin says so once, and tries again each minute', async t => {
	const warnings: string[] = [];
	const listen = (warning: Error & {code?: string}) => warnings.push(String(warning.code));
	process.on('warning', listen);
	const {now} = performance;
	t.teardown(() => {
		process.off('warning', listen);
		performance.now = now;
	});

	let minutes = 0;
	performance.now = () => minutes * 60_000;
	let tries = 0;
	const cache = new NearCache(async () => {
		tries++;
		throw new Error('connect ECONNREFUSED');
	}, true);
	for (; minutes < 20; minutes++) {
		t.is(await cache.read('key'), 'unknown');
		t.is(await cache.read('key'), 'unknown', 'only one try a minute');
		await setImmediate();
		await setImmediate();
	}
	t.is(tries, 20);
	t.deepEqual(warnings, ['KOA_SERVER_SESSION_NEAR_CACHE_AWAY']);
});
