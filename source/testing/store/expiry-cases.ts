import assert from 'node:assert/strict';
import type {SessionRecord, Store, Version} from '../../store.ts';
import type {Clock} from './clock.ts';
import {assertGone, assertHolds, brief, create, lasting, makeKey, outlive, past, update} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

type Expired = {readonly key: string; readonly version: Version};

/** A record that has just ended, with no call in between that could have noticed. */
const expire = async (store: Store, clock: Clock): Promise<Expired> => {
	const key = makeKey();
	const record = brief(clock, 'expired', 'ann');
	const version = await create(store, key, record);
	await outlive(clock, record);
	return {key, version};
};

export const expiryCases: readonly StoreCase[] = [
	{
		title: 'read() gives no expired record',
		needs: 'keeps',
		async run(store, clock) {
			const {key} = await expire(store, clock);
			await assertGone(store, key);
		},
	},
	{
		title: 'update() of an expired record resolves with missing and revives nothing',
		needs: 'keeps',
		async run(store, clock) {
			const {key, version} = await expire(store, clock);
			assert.equal(await store.update(key, lasting(clock, 'late'), version), 'missing');
			await assertGone(store, key);
		},
	},
	{
		title: 'touch() of an expired record resolves with false and revives nothing',
		needs: 'keeps',
		async run(store, clock) {
			const {key, version} = await expire(store, clock);
			const {expiresAt} = lasting(clock, '');
			assert.equal(await store.touch(key, expiresAt, version), false);
			await assertGone(store, key);
		},
	},
	{
		title: 'delete() of an expired record resolves with false',
		needs: 'keeps',
		async run(store, clock) {
			const [one, other] = [await expire(store, clock), await expire(store, clock)];
			assert.equal(await store.delete(one.key), false);
			assert.equal(await store.delete(other.key, other.version), false);
			await assertGone(store, one.key);
		},
	},
	{
		title: 'a record that was updated lives on past its first end',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const first = brief(clock, 'first');
			const version = await create(store, key, first);
			const record = lasting(clock, 'second');
			await update(store, key, record, version);
			await outlive(clock, first);
			await assertHolds(store, key, record, clock);
		},
	},
	{
		title: 'a record that was updated to end earlier is gone by then',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const version = await create(store, key, lasting(clock, 'first'));
			const sooner = brief(clock, 'second');
			await update(store, key, sooner, version);
			await outlive(clock, sooner);
			await assertGone(store, key);
		},
	},
	{
		title: 'create() of a record that is already past counts as written and keeps nothing',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			await create(store, key, past(clock, 'past'));
			await assertGone(store, key);

			const record = lasting(clock, 'new');
			await create(store, key, record);
			await assertHolds(store, key, record, clock);
		},
	},
	{
		title: 'update() to an end already past counts as written and keeps nothing',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const version = await create(store, key, lasting(clock, 'a'));
			const ended = await update(store, key, past(clock, 'b'), version);
			await assertGone(store, key);
			assert.equal(await store.update(key, lasting(clock, 'late'), ended), 'missing');
		},
	},
	{
		title: 'touch() to an end already past resolves with true and keeps nothing',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record: SessionRecord = lasting(clock, 'a');
			const version = await create(store, key, record);
			assert.equal(await store.touch(key, past(clock, '').expiresAt, version), true);
			await assertGone(store, key);
			assert.equal(await store.touch(key, record.expiresAt, version), false);
		},
	},
];
