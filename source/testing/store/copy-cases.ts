import assert from 'node:assert/strict';
import type {ReadOptions, Store, Version} from '../../store.ts';
import type {Clock} from './clock.ts';
import {
	assertGone,
	assertHolds,
	assertSameBytes,
	brief,
	create,
	lasting,
	makeKey,
	outlive,
	update,
	withOthers,
} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

/** How a request begins. */
const nearby: ReadOptions = {mayBeOld: true};

/** How long what another process does may go unseen, and how often to look, in milliseconds. */
const [longestUnseen, lookEvery] = [5000, 20];

/** Reads until another process's write, or its delete, is seen. */
const assertSeen = async (store: Store, key: string, version: Version | undefined, clock: Clock): Promise<void> => {
	for (const until = clock.now() + longestUnseen; ; await clock.advance(lookEvery)) {
		const mustBeNew = clock.now() > until;
		const found = await store.read(key, nearby);
		if (found?.version === version) return;
		assert.ok(!mustBeNew, `what another process did is seen within ${longestUnseen} ms`);
	}
};

/** What holds for reads that may be old, for which a store may keep copies nearby. */
export const copyCases: readonly StoreCase[] = [
	{
		title: 'a read with `mayBeOld` returns no expired record',
		needs: 'keeps',
		async run(store, clock) {
			const [key, record] = [makeKey(), brief(clock, 'a')];
			await create(store, key, record);
			await store.read(key, nearby);
			// A store that keeps copies has one by now.
			await store.read(key, nearby);
			await outlive(clock, record);
			await assertGone(store, key, nearby);
		},
	},
	{
		title: 'the bytes that a read with `mayBeOld` returned may be changed afterwards',
		needs: 'keeps',
		async run(store, clock) {
			const [key, record] = [makeKey(), lasting(clock, 'a')];
			await create(store, key, record);

			const [first, second] = [await store.read(key, nearby), await store.read(key, nearby)];
			assert.ok(first && second);
			first.bytes.fill(0);
			assertSameBytes(second.bytes, record.bytes);
			second.bytes.fill(0);
			await assertHolds(store, key, record, clock, nearby);
			await assertHolds(store, key, record, clock);
		},
	},
	{
		title: 'a read with `mayBeOld` returns nothing older than what this store has written, touched or deleted',
		needs: 'keeps',
		async run(store, clock) {
			const [key, first, second] = [makeKey(), lasting(clock, 'first', 'ann'), lasting(clock, 'second')];
			const created = await create(store, key, first);
			assert.equal(await assertHolds(store, key, first, clock, nearby), created);
			assert.equal(await assertHolds(store, key, first, clock, nearby), created);

			const updated = await update(store, key, second, created);
			assert.equal(await assertHolds(store, key, second, clock, nearby), updated);

			const touched = {...second, expiresAt: second.expiresAt + 60_000};
			assert.equal(await store.touch(key, touched.expiresAt, updated), true);
			assert.equal(await assertHolds(store, key, touched, clock, nearby), updated);

			assert.equal(await store.delete(key), true);
			await assertGone(store, key, nearby);

			const again = await create(store, key, first);
			assert.equal(await assertHolds(store, key, first, clock, nearby), again);
		},
	},
	{
		title: 'what another process wrote or deleted is seen within five seconds by a read with `mayBeOld`',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, 1, async ([other]) => {
				assert.ok(other);
				const key = makeKey();
				const first = await create(store, key, lasting(clock, 'first'));
				await assertSeen(store, key, first, clock);
				const second = await update(other, key, lasting(clock, 'second'), first);
				await assertSeen(store, key, second, clock);
				await other.delete(key);
				await assertSeen(store, key, undefined, clock);
			}),
	},
];
