import assert from 'node:assert/strict';
import type {Store} from '../../store.ts';
import {assertAllFound, collect, create, createAll, createPages, lasting, makeKey, perCaller} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

/** Prefixes that a backend may take for a pattern, or for one another. */
const prefixes = ['s:', 'S:', 's', 's::', 's*', 's?', 's%', 's_', '[s]', 's\\', 's^', '~'];

/** How often a key may come here on average: more often than the contract allows, since the walk only has to end. */
const mostTimes = 10;

const walk = async (store: Store, prefix: string): Promise<string[]> => [
	...new Set(await collect(store.keys?.(prefix))),
];

export const walkCases: readonly StoreCase[] = [
	{
		title: 'keys() walks all keys that begin with a prefix, and no others',
		needs: 'keys',
		async run(store, clock) {
			const [ours, theirs] = [perCaller(() => `ours:${makeKey()}`), perCaller(() => `theirs:${makeKey()}`)];
			await Promise.all([...ours, ...theirs].map(key => create(store, key, lasting(clock, 'a', 'ann'))));
			assert.deepEqual(await walk(store, 'ours:'), ours.toSorted());
			assert.deepEqual(await walk(store, 'theirs:'), theirs.toSorted());
			assert.deepEqual(await walk(store, 'nobody'), []);
			const all = new Set(await walk(store, ''));
			assert.ok(
				[...ours, ...theirs].every(key => all.has(key)),
				'an empty prefix leaves none out',
			);
		},
	},
	{
		title: 'keys() walks more keys than a page has, and comes to an end',
		needs: 'keys',
		async run(store, clock) {
			const keys = await createPages(store, clock);
			assertAllFound(await collect(store.keys?.('session:'), mostTimes * keys.length), keys);
		},
	},
	{
		title: 'keys() takes a prefix for what it is, to the last character',
		needs: 'keys',
		async run(store, clock) {
			const keys = prefixes.map(prefix => `${prefix}${makeKey()}`);
			for (const key of keys) await create(store, key, lasting(clock, 'a'));
			for (const prefix of prefixes) {
				assert.deepEqual(await walk(store, prefix), keys.filter(key => key.startsWith(prefix)).toSorted());
			}
		},
	},
	{
		title: 'keys() leaves out what is deleted',
		needs: 'keys',
		async run(store, clock) {
			const [kept, deleted] = [makeKey(), makeKey()];
			for (const key of [kept, deleted]) await create(store, key, lasting(clock, 'a'));
			await store.delete(deleted);
			assert.deepEqual(await walk(store, 'session:'), [kept]);
		},
	},
	{
		title: 'keys() loses none while records are read, touched, deleted and created',
		needs: 'keys',
		async run(store, clock) {
			assert.ok(store.keys, 'the store has keys()');
			const record = lasting(clock, 'a');
			const versions = await createAll(store, record);

			const walked = new Set<string>();
			for await (const page of store.keys('session:')) {
				for (const key of page) {
					const version = versions.get(key);
					if (walked.has(key) || !version) continue;
					walked.add(key);
					if (walked.size % 4 === 0) await store.delete(key);
					else if (walked.size % 4 === 1) await store.touch(key, record.expiresAt + 60_000, version);
					else if (walked.size % 4 === 2) await create(store, makeKey(), record);
					else await store.read(key);
				}
			}
			assert.deepEqual([...walked].toSorted(), [...versions.keys()].toSorted());
		},
	},
];
