import assert from 'node:assert/strict';
import {assertGone, assertHolds, create, lasting, makeKey, rounds, update} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

export const deleteCases: readonly StoreCase[] = [
	{
		title: 'delete() removes one record',
		needs: 'keeps',
		async run(store, clock) {
			const [key, other] = [makeKey(), makeKey()];
			const record = lasting(clock, 'a');
			await create(store, key, record);
			await create(store, other, record);

			await store.delete(key);
			await assertGone(store, key);
			await assertHolds(store, other, record, clock);
		},
	},
	{
		title: 'delete() is quiet if there is no record, or none any more',
		async run(store) {
			const key = makeKey();
			await store.delete(key);
			await store.delete(key);
			await assertGone(store, key);
		},
	},
	{
		title: 'a deleted record can be neither updated nor touched',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'a');
			const version = await create(store, key, record);
			await store.delete(key);
			await store.delete(key);

			assert.equal(await store.update(key, record, version), 'missing');
			assert.equal(await store.touch(key, record.expiresAt), false);
			assert.equal(await store.touch(key, record.expiresAt, version), false);
			await assertGone(store, key);
		},
	},
	{
		title: 'a record created anew is not taken for the deleted one',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'a');
			const deleted = await create(store, key, record);
			await store.delete(key);
			const version = await create(store, key, record);

			assert.notEqual(version, deleted);
			assert.equal(await store.update(key, lasting(clock, 'late'), deleted), 'conflict');
			assert.equal(await store.touch(key, record.expiresAt + 60_000, deleted), false);
			assert.equal(await assertHolds(store, key, record, clock), version);
		},
	},
	{
		title: 'delete() wins over an update() at the same time',
		needs: 'compareAndSwap',
		async run(store, clock) {
			for (let round = 0; round < rounds; round++) {
				const key = makeKey();
				const version = await create(store, key, lasting(clock, 'before'));
				const late = () => store.update(key, lasting(clock, 'late'), version);
				await Promise.all([late(), store.delete(key), late()]);
				await assertGone(store, key);
			}
		},
	},
	{
		title: 'delete() leaves room for a record of the same key',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'a', 'ann');
			await update(store, key, record, await create(store, key, lasting(clock, 'before')));
			await store.delete(key);

			const version = await create(store, key, record);
			assert.equal(await assertHolds(store, key, record, clock), version);
		},
	},
];
