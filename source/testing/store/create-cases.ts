import assert from 'node:assert/strict';
import type {SessionRecord, Store} from '../../store.ts';
import type {Clock} from './clock.ts';
import {assertHolds, brief, create, lasting, makeKey, outlive, perCaller} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

export const createCases: readonly StoreCase[] = [
	{
		title: 'create() refuses a taken key and leaves its record as it was',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'first', 'ann');
			const version = await create(store, key, record);

			assert.equal(
				await store.create(key, {...lasting(clock, 'second', 'bob'), expiresAt: record.expiresAt + 60_000}),
				undefined,
			);
			assert.equal(await assertHolds(store, key, record, clock), version);
		},
	},
	{
		title: 'create() replaces an expired record',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const expired = brief(clock, 'expired', 'ann');
			const before = await create(store, key, expired);
			await outlive(clock, expired);

			const record = lasting(clock, 'new');
			const version = await create(store, key, record);
			assert.notEqual(version, before);
			assert.equal(await assertHolds(store, key, record, clock), version);
		},
	},
	{
		title: 'of many create() calls for one key at once exactly one succeeds',
		needs: 'compareAndSwap',
		async run(store, clock) {
			const key = makeKey();
			await assertOneWins(store, key, clock);
		},
	},
	{
		title: 'of many create() calls over one expired record exactly one succeeds',
		needs: 'compareAndSwap',
		async run(store, clock) {
			const key = makeKey();
			const expired = brief(clock, 'expired');
			await create(store, key, expired);
			await outlive(clock, expired);
			await assertOneWins(store, key, clock);
		},
	},
];

const assertOneWins = async (store: Store, key: string, clock: Clock): Promise<void> => {
	const attempts = await Promise.all(
		perCaller(async caller => {
			const record: SessionRecord = lasting(clock, `of caller ${caller}`);
			return {record, version: await store.create(key, record)};
		}),
	);

	const winners = attempts.filter(({version}) => version !== undefined);
	assert.equal(winners.length, 1, `exactly one create() succeeds, not ${winners.length}`);
	for (const {record, version} of winners) assert.equal(await assertHolds(store, key, record, clock), version);
};
