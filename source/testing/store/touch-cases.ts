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
				assert.equal(await store.touch(key, expiresAt, version), true);
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
			const version = await create(store, key, record);

			const {expiresAt} = lasting(clock, '');
			assert.equal(await store.touch(key, expiresAt, version), true);
			await outlive(clock, record);
			await assertHolds(store, key, {...record, expiresAt}, clock);
		},
	},
	{
		title: 'a record that was touched to end earlier is gone by then',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const version = await create(store, key, lasting(clock, 'a'));
			const sooner = brief(clock, 'a');
			assert.equal(await store.touch(key, sooner.expiresAt, version), true);
			await outlive(clock, sooner);
			await assertGone(store, key);
		},
	},
	{
		title: 'touch() of a missing record resolves with false and creates nothing',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const version = await create(store, makeKey(), lasting(clock, 'another'));
			assert.equal(await store.touch(key, clock.now() + 60_000, version), false);
			await assertGone(store, key);
		},
	},
	{
		title: 'touch() resolves with true for the newest version only',
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
				const [current, record] = [version, lasting(clock, `round ${round}`)];
				const touch = () => store.touch(key, record.expiresAt + 60_000, current);
				const [, updated] = await Promise.all([touch(), update(store, key, record, current), touch()]);
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
				const version = await create(store, key, record);
				const touch = () => store.touch(key, record.expiresAt + 60_000, version);
				await Promise.all([touch(), store.delete(key), touch()]);
				await assertGone(store, key);
			}
		},
	},
];
