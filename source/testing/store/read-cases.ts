import assert from 'node:assert/strict';
import type {SessionRecord} from '../../store.ts';
import {
	assertGone,
	assertHolds,
	assertSameBytes,
	create,
	encode,
	lasting,
	makeKey,
	perCaller,
	update,
} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

const megabyte = 1_000_000;

/** All 256 octets, `length` of them, in an order that no text encoding survives. */
const octets = (length: number): Uint8Array => Uint8Array.from({length}, (_, index) => (index * 167 + 128) % 256);

export const readCases: readonly StoreCase[] = [
	{
		title: 'read() of an unknown key resolves with undefined',
		run: store => assertGone(store, makeKey()),
	},
	{
		title: 'read() gives bytes, expiry, subject and version as they were stored',
		needs: 'keeps',
		async run(store, clock) {
			const [key, other] = [makeKey(), makeKey()];
			const [record, nobodys] = [lasting(clock, 'a', 'ann'), lasting(clock, 'b')];
			const version = await create(store, key, record);
			await create(store, other, nobodys);

			assert.equal(await assertHolds(store, key, record, clock), version);
			await assertHolds(store, other, nobodys, clock);
		},
	},
	{
		title: 'read() reads as often as one likes',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'a');
			const version = await create(store, key, record);

			assert.equal(await assertHolds(store, key, record, clock), version);
			const versions = await Promise.all(perCaller(() => assertHolds(store, key, record, clock)));
			assert.deepEqual(new Set(versions), new Set([version]));
		},
	},
	{
		title: 'calls for many keys at once do not mix',
		needs: 'keeps',
		async run(store, clock) {
			const records = perCaller(caller => ({key: makeKey(), record: lasting(clock, `of ${caller}`)}));
			await Promise.all(records.map(({key, record}) => create(store, key, record)));
			await Promise.all(records.map(({key, record}) => assertHolds(store, key, record, clock)));
		},
	},
	...[
		{title: 'bytes may be any octets', bytes: octets(1024)},
		{title: 'bytes may be none', bytes: new Uint8Array()},
		{title: 'bytes may be a megabyte', bytes: octets(megabyte)},
	].map(
		({title, bytes}): StoreCase => ({
			title,
			needs: 'keeps',
			async run(store, clock) {
				const key = makeKey();
				const record: SessionRecord = {...lasting(clock, ''), bytes: bytes.subarray(0, store.maxBytes)};
				const version = await create(store, key, record);
				await assertHolds(store, key, record, clock);

				const version2 = await update(store, key, lasting(clock, 'between'), version);
				await update(store, key, record, version2);
				await assertHolds(store, key, record, clock);
			},
		}),
	),
	{
		title: 'a part of a larger buffer is stored alone',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const whole = encode('secret, stored, secret');
			const record: SessionRecord = {...lasting(clock, ''), bytes: whole.subarray(8, 14)};
			const version = await create(store, key, record);
			await assertHolds(store, key, {...record, bytes: encode('stored')}, clock);

			await update(store, key, {...record, bytes: whole.subarray(8, 13)}, version);
			await assertHolds(store, key, {...record, bytes: encode('store')}, clock);
		},
	},
	{
		title: 'the bytes that were passed in may be changed afterwards',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'created');
			const version = await create(store, key, record);
			record.bytes.fill(0);
			await assertHolds(store, key, {...record, bytes: encode('created')}, clock);

			const next = lasting(clock, 'updated');
			await update(store, key, next, version);
			next.bytes.fill(0);
			await assertHolds(store, key, {...next, bytes: encode('updated')}, clock);
		},
	},
	{
		title: 'the bytes that read() gave may be changed afterwards',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'a');
			await create(store, key, record);

			const [first, second] = [await store.read(key), await store.read(key)];
			assert.ok(first && second);
			first.bytes.fill(0);
			assertSameBytes(second.bytes, record.bytes);
			await assertHolds(store, key, record, clock);
		},
	},
];
