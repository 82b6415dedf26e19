import assert from 'node:assert/strict';
import type {Store} from '../../store.ts';
import {assertHolds, create, encode, lasting, makeKey} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

export const closeCases: readonly StoreCase[] = [
	{
		title: 'close() may be called twice, and at once',
		async run(store) {
			await Promise.all([store.close?.(), store.close?.()]);
			await store.close?.();
		},
	},
	{
		title: 'close() waits for calls in progress',
		needs: 'closes',
		async run(store, clock) {
			const [key, other] = [makeKey(), makeKey()];
			const record = lasting(clock, 'a', 'ann');
			const version = await create(store, key, record);

			const [found, created, updated] = await Promise.all([
				store.read(key),
				store.create(other, lasting(clock, 'b', 'bob')),
				store.update(key, lasting(clock, 'c', 'cid'), version),
				store.close?.(),
			]);
			assert.ok(found && created, 'read() and create() are answered');
			assert.equal(typeof updated, 'object', 'and so is update()');
		},
	},
	{
		title: 'after close() every call rejects, and says why',
		needs: 'closes',
		async run(store, clock) {
			const key = makeKey();
			const version = await create(store, key, lasting(clock, 'a', 'ann'));
			await store.close?.();
			await assertClosed(store, {
				create: () => store.create(makeKey(), lasting(clock, 'b')),
				read: () => store.read(key),
				update: () => store.update(key, lasting(clock, 'c'), version),
				touch: () => store.touch(key, clock.now() + 60_000, version),
				delete: () => store.delete(key),
				prune: async () => store.prune?.(1),
				bySubject: async () => {
					for await (const _ of store.bySubject?.('ann') ?? []);
				},
				keys: async () => {
					for await (const _ of store.keys?.('') ?? []);
				},
			} satisfies Record<Exclude<keyof Store, 'close' | 'maxBytes'>, () => Promise<unknown>>);
		},
	},
	{
		title: 'a store that was closed before it was used refuses to work too',
		needs: 'closes',
		async run(store) {
			await store.close?.();
			await assertClosed(store, {read: () => store.read(makeKey())});
		},
	},
	{
		title: 'close() leaves the records for the next store that opens them',
		needs: 'shared',
		async run(store, clock, openAnother) {
			const key = makeKey();
			const record = {...lasting(clock, ''), bytes: encode('kept')};
			const version = await create(store, key, record);
			await store.close?.();

			const next = await openAnother?.();
			assert.ok(next, 'the case gets `openAnother`');
			try {
				assert.equal(await assertHolds(next, key, record, clock), version);
			} finally {
				await next.close?.();
			}
		},
	},
];

const assertClosed = async (
	store: Store,
	calls: Readonly<Partial<Record<keyof Store, () => Promise<unknown>>>>,
): Promise<void> => {
	for (const [method, call] of Object.entries(calls)) {
		if (store[method as keyof Store] === undefined) continue;
		await assert.rejects(call, /closed/, `${method}() rejects with an error that says that the store was closed`);
	}
};
