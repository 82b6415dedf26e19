import assert from 'node:assert/strict';
import {assertGone, assertHolds, create, lasting, makeKey, perCaller, rounds, update} from './fixtures.ts';
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

			assert.equal(await store.delete(key), true);
			await assertGone(store, key);
			await assertHolds(store, other, record, clock);
		},
	},
	{
		title: 'delete() resolves with false if there is no record',
		async run(store) {
			const key = makeKey();
			assert.equal(await store.delete(key), false);
			await assertGone(store, key);
		},
	},
	{
		title: 'delete() resolves with true once',
		needs: 'keeps',
		async run(store, clock) {
			const [one, other] = [makeKey(), makeKey()];
			await create(store, one, lasting(clock, 'a'));
			assert.equal(await store.delete(one), true);
			assert.equal(await store.delete(one), false);

			const version = await create(store, other, lasting(clock, 'b', 'ann'));
			assert.equal(await store.delete(other, version), true);
			assert.equal(await store.delete(other, version), false);
		},
	},
	{
		title: 'delete() with a version removes a record at that version only',
		needs: 'keeps',
		async run(store, clock) {
			const [key, another] = [makeKey(), makeKey()];
			const foreign = await create(store, another, lasting(clock, 'another'));
			const first = await create(store, key, lasting(clock, 'first', 'ann'));
			const record = lasting(clock, 'second', 'ann');
			const second = await update(store, key, record, first);

			for (const version of [first, foreign]) {
				assert.equal(await store.delete(key, version), false);
				assert.equal(await assertHolds(store, key, record, clock), second);
			}
			assert.equal(await store.delete(key, second), true);
			await assertGone(store, key);
		},
	},
	{
		title: 'delete() with a version removes a record that was read, or touched, since',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'a', 'ann');
			const version = await create(store, key, record);
			await store.touch(key, record.expiresAt + 60_000, version);
			const found = await store.read(key);
			assert.equal(found?.version, version);
			assert.equal(await store.delete(key, version), true);
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
			assert.equal(await store.touch(key, record.expiresAt, version), false);
			await assertGone(store, key);
		},
	},
	{
		title: 'a record that is created again is not taken for the deleted one',
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
			assert.equal(await store.delete(key, deleted), false);
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
		title: 'of many delete() calls for one record exactly one resolves with true',
		needs: 'compareAndSwap',
		async run(store, clock) {
			const [one, other] = [makeKey(), makeKey()];
			await create(store, one, lasting(clock, 'a'));
			const version = await create(store, other, lasting(clock, 'b'));
			for (const call of [() => store.delete(one), () => store.delete(other, version)]) {
				const deleted = (await Promise.all(perCaller(call))).filter(Boolean);
				assert.equal(deleted.length, 1, `exactly one delete() removes it, not ${deleted.length}`);
			}
			await assertGone(store, one);
			await assertGone(store, other);
		},
	},
	{
		title: 'of an update() and a delete() for one version exactly one succeeds',
		needs: 'compareAndSwap',
		async run(store, clock) {
			for (let round = 0; round < rounds; round++) {
				const key = makeKey();
				const version = await create(store, key, lasting(clock, 'before'));
				const record = lasting(clock, 'after');
				const calls = [() => store.update(key, record, version), () => store.delete(key, version)];
				if (round % 2 === 1) calls.reverse();
				const results = await Promise.all(calls.map(call => call()));

				const isDeleted = results.includes(true);
				const updated = results.find(result => typeof result === 'object');
				assert.notEqual(isDeleted, updated !== undefined, 'one of them succeeds');
				if (isDeleted) await assertGone(store, key);
				else assert.deepEqual({version: await assertHolds(store, key, record, clock)}, updated);
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
