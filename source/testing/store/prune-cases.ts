import assert from 'node:assert/strict';
import type {SessionRecord, Store} from '../../store.ts';
import type {Clock} from './clock.ts';
import {
	assertGone,
	assertHolds,
	brief,
	create,
	createAll,
	lasting,
	makeKey,
	outlive,
	perCaller,
	update,
} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

const createKeys = async (store: Store, record: SessionRecord): Promise<string[]> => [
	...(await createAll(store, record)).keys(),
];

const prune = async (store: Store, limit: number): Promise<number> => {
	assert.ok(store.prune, 'the store has prune()');
	return store.prune(limit);
};

const assertAllHeld = async (
	store: Store,
	keys: readonly string[],
	record: SessionRecord,
	clock: Clock,
): Promise<void> => {
	for (const key of keys) await assertHolds(store, key, record, clock);
};

export const pruneCases: readonly StoreCase[] = [
	{
		title: 'prune() deletes exactly the expired records and resolves with how many',
		needs: 'prune',
		async run(store, clock) {
			assert.equal(await prune(store, 100), 0);

			const record = lasting(clock, 'live');
			// So few that a store which prunes after each hundred creates leaves it to this case.
			const live = [makeKey(), makeKey(), makeKey()];
			for (const key of live) await create(store, key, record);
			const expiring = brief(clock, 'expired');
			const expired = await createKeys(store, expiring);
			await outlive(clock, expiring);

			assert.equal(await prune(store, 2 * expired.length), expired.length);
			assert.equal(await prune(store, 100), 0);
			await assertAllHeld(store, live, record, clock);
			for (const key of expired) await assertGone(store, key);
		},
	},
	{
		title: 'prune() deletes no more than its limit',
		needs: 'prune',
		async run(store, clock) {
			const expiring = brief(clock, 'expired');
			const expired = await createKeys(store, expiring);
			await outlive(clock, expiring);

			const limit = expired.length - 10;
			assert.equal(await prune(store, limit), limit);
			assert.equal(await prune(store, limit), 10);
			assert.equal(await prune(store, limit), 0);
		},
	},
	{
		title: 'prune() counts each record once, though several prune at once',
		needs: 'prune',
		async run(store, clock) {
			const expiring = brief(clock, 'expired');
			const expired = await createKeys(store, expiring);
			await outlive(clock, expiring);

			const counts = await Promise.all([10, 20, 30].map(limit => prune(store, limit)));
			const rest = await prune(store, 100);
			assert.equal(
				counts.reduce((sum, count) => sum + count, rest),
				expired.length,
			);
			assert.equal(await prune(store, 100), 0);
		},
	},
	{
		title: 'prune() spares records that were touched or updated to live longer',
		needs: 'prune',
		async run(store, clock) {
			const [expiring, record] = [brief(clock, 'a'), lasting(clock, 'a')];
			const [touched, updated] = [perCaller(makeKey), perCaller(makeKey)];
			await Promise.all([
				...touched.map(async key => store.touch(key, record.expiresAt, await create(store, key, expiring))),
				...updated.map(async key => update(store, key, record, await create(store, key, expiring))),
			]);
			await outlive(clock, expiring);

			assert.equal(await prune(store, 100), 0);
			await assertAllHeld(store, [...touched, ...updated], record, clock);
		},
	},
	{
		title: 'prune() spares records that are created again while it runs',
		needs: 'prune',
		async run(store, clock) {
			const expiring = brief(clock, 'expired');
			const keys = await createKeys(store, expiring);
			await outlive(clock, expiring);

			const record = lasting(clock, 'new');
			await Promise.all([prune(store, 100), ...keys.map(key => create(store, key, record)), prune(store, 100)]);
			await assertAllHeld(store, keys, record, clock);
		},
	},
];
