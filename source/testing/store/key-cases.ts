import assert from 'node:assert/strict';
import type {Store} from '../../store.ts';
import type {Clock} from './clock.ts';
import {assertGone, assertHolds, create, lasting, longest, makeKey} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

const printable = Array.from({length: 94}, (_, index) => String.fromCharCode(0x21 + index)).join('');

const malformed = ['', ' ', 'a b', 'a\r\nget b\r\n', '\0', 'a\0', '\u{1F36A}', '\uD800', 'k'.repeat(longest + 1)];

export const keyCases: readonly StoreCase[] = [
	{
		title: 'a key may hold every printable character, up to 250 of them',
		needs: 'keeps',
		run: (store, clock) => assertApart(store, clock, [printable, printable.repeat(3).slice(0, longest), '!', '~']),
	},
	{
		title: 'keys that mean something elsewhere are only keys',
		needs: 'keeps',
		run: (store, clock) =>
			assertApart(store, clock, [
				'../../x',
				'/etc/passwd',
				'..\\x',
				'.',
				'%2e%2e%2fx',
				'*',
				'session:*',
				'[a-z]',
				'{a}b',
				'$where',
				'a.b',
				"'--",
				'";',
				'__proto__',
				'constructor',
				'undefined',
			]),
	},
	{
		title: 'keys that differ only in case or in their last character stay apart',
		needs: 'keeps',
		run: (store, clock) =>
			assertApart(store, clock, ['key', 'KEY', 'Key', 'ke', 'key.', 'key/', 'key0', ...'ab'].map(pad).concat('k', 'K')),
	},
	{
		title: 'a malformed key holds no record, and asking for it is not a fault',
		async run(store) {
			for (const key of malformed) {
				await assertGone(store, key);
				assert.equal(await store.delete(key), false);
			}
		},
	},
	{
		title: 'a malformed key can be neither updated nor touched nor deleted, and asking for it is not a fault',
		needs: 'keeps',
		async run(store, clock) {
			const [other, record] = [makeKey(), lasting(clock, 'a')];
			const version = await create(store, other, record);
			for (const key of malformed) {
				assert.equal(await store.update(key, lasting(clock, 'b'), version), 'missing');
				assert.equal(await store.touch(key, clock.now() + 60_000, version), false);
				assert.equal(await store.delete(key, version), false);
			}
			await assertHolds(store, other, record, clock);
		},
	},
];

/** To the longest key that there may be, from the front, so that nothing may cut off the end. */
const pad = (key: string): string => key.padStart(longest, ':');

const assertApart = async (store: Store, clock: Clock, keys: readonly string[]): Promise<void> => {
	const records = keys.map(key => ({key, record: lasting(clock, `of ${key}`)}));
	for (const {key, record} of records) await create(store, key, record);
	for (const {key, record} of records) await assertHolds(store, key, record, clock);

	for (const [deleted, {key}] of records.entries()) {
		await store.delete(key);
		await assertGone(store, key);
		for (const {key, record} of records.slice(deleted + 1)) await assertHolds(store, key, record, clock);
	}
};
