import assert from 'node:assert/strict';
import type {SessionRecord, Store} from '../../store.ts';
import type {Clock} from './clock.ts';
import {assertGone, assertHolds, create, lasting, longestKey, update, wideSubject} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

const ofSize = (clock: Clock, length: number): SessionRecord => ({
	...lasting(clock, '', wideSubject),
	bytes: new Uint8Array(length).fill(0xa7),
});

const maxBytesOf = ({maxBytes}: Store): number => {
	assert.ok(maxBytes !== undefined && maxBytes > 0, 'the store has `maxBytes`');
	return maxBytes;
};

export const sizeCases: readonly StoreCase[] = [
	{
		title: 'bytes may be as many as `maxBytes` says, under the longest key and with the longest subject',
		needs: 'maxBytes',
		async run(store, clock) {
			const key = longestKey();
			const record = ofSize(clock, maxBytesOf(store));
			const version = await create(store, key, record);
			await assertHolds(store, key, record, clock);
			await update(store, key, record, version);
			await assertHolds(store, key, record, clock);
		},
	},
	{
		title: 'more bytes than `maxBytes` are stored whole, or refused and change nothing',
		needs: 'maxBytes',
		async run(store, clock) {
			const maxBytes = maxBytesOf(store);
			for (const length of [maxBytes + 1, 2 * maxBytes]) {
				const [key, record, large] = [longestKey(), lasting(clock, 'before'), ofSize(clock, length)];
				const version = await create(store, key, record);
				const updated = await settle(store, store.update(key, large, version));
				if (updated === refused) assert.equal(await assertHolds(store, key, record, clock), version);
				else assert.deepEqual({version: await assertHolds(store, key, large, clock)}, updated);

				const other = longestKey();
				const created = await settle(store, store.create(other, large));
				if (created === refused) await assertGone(store, other);
				else assert.equal(await assertHolds(store, other, large, clock), created);
			}
		},
	},
];

const refused = Symbol('refused');

const triesToRecover = 10;

/** Some backends refuse what is too large by breaking the connection, which the next calls may still notice. */
const settle = async <Result>(store: Store, call: Promise<Result>): Promise<Result | typeof refused> => {
	try {
		return await call;
	} catch {
		for (let tries = 1; tries < triesToRecover; tries++) {
			const isRecovered = await store.read(longestKey()).then(
				() => true,
				() => false,
			);
			if (isRecovered) break;
		}
		return refused;
	}
};
