import assert from 'node:assert/strict';
import {assertGone, assertHolds, brief, create, lasting, makeKey, outlive, rounds, update} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

export const touchCases: readonly StoreCase[] = [
	{
		title: 'touch() moves the expiry later and earlier, and nothing else',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'a', 'ann');
			const version = await create(store, key, record);

			for (const move of [60_000, -60_000, 7]) {
				const expiresAt = record.expiresAt + move;
				assert.equal(await store.touch(key, expiresAt), true);
				assert.equal(await assertHolds(store, key, {...record, expiresAt}, clock), version);
			}
			await update(store, key, record, version);
		},
	},
	{
		title: 'a record that was touched lives on past its first end',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = brief(clock, 'a');
			await create(store, key, record);

			const {expiresAt} = lasting(clock, '');
			assert.equal(await store.touch(key, expiresAt), true);
			await outlive(clock, record);
			await assertHolds(store, key, {...record, expiresAt}, clock);
		},
	},
	{
		title: 'a record that was touched to end earlier is gone by then',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			await create(store, key, lasting(clock, 'a'));
			const sooner = brief(clock, 'a');
			assert.equal(await store.touch(key, sooner.expiresAt), true);
			await outlive(clock, sooner);
			await assertGone(store, key);
		},
	},
	{
		title: 'touch() of a missing record resolves with false and creates nothing',
		async run(store, clock) {
			const key = makeKey();
			assert.equal(await store.touch(key, clock.now() + 60_000), false);
			await assertGone(store, key);
		},
	},
	{
		title: 'touch() with a version resolves with true for the newest one only',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const first = await create(store, key, lasting(clock, 'first'));
			const record = lasting(clock, 'second', 'ann');
			const second = await update(store, key, record, first);

			assert.equal(await store.touch(key, record.expiresAt + 60_000, first), false);
			assert.equal(await assertHolds(store, key, record, clock), second);

			const expiresAt = record.expiresAt + 120_000;
			assert.equal(await store.touch(key, expiresAt, second), true);
			assert.equal(await assertHolds(store, key, {...record, expiresAt}, clock), second);
		},
	},
	{
		title: 'touch() neither undoes an update() at the same time nor makes it conflict',
		needs: 'compareAndSwap',
		async run(store, clock) {
			const key = makeKey();
			let version = await create(store, key, lasting(clock, 'before'));

			for (let round = 0; round < rounds; round++) {
				const record = lasting(clock, `round ${round}`);
				const touch = () => store.touch(key, record.expiresAt);
				const [before, updated, after] = await Promise.all([touch(), update(store, key, record, version), touch()]);
				assert.ok(before && after, 'touch() of a live record resolves with true');
				assert.equal(await assertHolds(store, key, record, clock), updated);
				version = updated;
			}
		},
	},
	{
		title: 'touch() brings no record back that is deleted at the same time',
		needs: 'compareAndSwap',
		async run(store, clock) {
			for (let round = 0; round < rounds; round++) {
				const key = makeKey();
				const record = lasting(clock, 'a');
				await create(store, key, record);
				const touch = () => store.touch(key, record.expiresAt + 60_000);
				await Promise.all([touch(), store.delete(key), touch()]);
				await assertGone(store, key);
			}
		},
	},
];
