import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import {seededRandom} from './helpers/order/scheduler.ts';
import {runs} from './helpers/runs.ts';
import {storesUnderTest} from './helpers/stores/stores.ts';
import {runAgain, runHistories} from './histories/batch.ts';
import {found} from './histories/found.ts';
import {Rig, skews} from './histories/rig.ts';
import {ServerProcess} from './histories/server-process.ts';

// Two servers whose clocks differ serve all stores, one store after the other. `npm run histories` runs more, and kills them.

const servers = skews.map(skew => new ServerProcess(skew));

test.after.always(async t => {
	// One that has just ended is noticed with the next turn of the event loop.
	await setImmediate();
	for (const server of servers) t.notThrows(() => server.check());
	for (const server of servers) server.end();
});

for (const store of storesUnderTest) {
	test.serial(`${store.name}: no history breaks a promise`, async t => {
		const rig = new Rig(servers, (await store.url?.(t)) ?? 'memory:', seededRandom(14));
		await rig.open();
		t.teardown(() => rig.close());

		const finding = await runHistories(rig, seededRandom(3), runs(2, 100));
		t.deepEqual(finding?.violations ?? [], [], JSON.stringify(finding, undefined, '\t'));
		// One server alone has no other one to meet.
		for (const [title, script] of Object.entries(rig.servers > 1 ? found : {})) {
			const again = await runAgain(rig, script, runs(1, 50));
			t.deepEqual(again?.violations ?? [], [], `${title}: ${JSON.stringify(again, undefined, '\t')}`);
		}
		t.log(rig.injected);
	});
}
