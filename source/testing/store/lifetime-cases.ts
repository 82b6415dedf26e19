import assert from 'node:assert/strict';
import type {SessionRecord} from '../../store.ts';
import type {Clock} from './clock.ts';
import {assertGone, assertHolds, brief, create, lasting, makeKey, outlive, update} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

const day = 86_400_000;

/** Backends count in seconds from now up to some day, and take what is more for a date, or for no expiry at all. */
const longLives = [29, 30, 31, 400];

const endingIn = (clock: Clock, days: number, text: string): SessionRecord => ({
	...lasting(clock, text),
	expiresAt: clock.now() + days * day,
});

export const lifetimeCases: readonly StoreCase[] = [
	{
		title: 'a record of a second or two is there until it ends, and gone then',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = brief(clock, 'a');
			await create(store, key, record);

			// Looks again whenever half of what is left has passed: in real time too, some looks come just before the end.
			const last = record.expiresAt - clock.precision;
			for (; clock.now() <= last; await clock.advance(Math.max(1, Math.floor((last - clock.now()) / 2)))) {
				const found = await store.read(key);
				if (clock.now() <= last) assert.ok(found, 'the record is there before its end');
			}
			await outlive(clock, record);
			await assertGone(store, key);
		},
	},
	...longLives.map(
		(days): StoreCase => ({
			title: `a record may end in ${days} days`,
			needs: 'keeps',
			async run(store, clock) {
				const key = makeKey();
				const created = endingIn(clock, days, 'created');
				const version = await create(store, key, created);
				await assertHolds(store, key, created, clock);

				const updated = {...endingIn(clock, days, 'updated'), expiresAt: created.expiresAt + 60_000};
				const next = await update(store, key, updated, version);
				await assertHolds(store, key, updated, clock);

				const expiresAt = updated.expiresAt + 60_000;
				assert.equal(await store.touch(key, expiresAt, next), true);
				await assertHolds(store, key, {...updated, expiresAt}, clock);
			},
		}),
	),
	...longLives.map(
		(days): StoreCase => ({
			title: `a record that ends in ${days} days is there until then, and gone then`,
			needs: 'fakedTime',
			async run(store, clock) {
				const key = makeKey();
				const record = endingIn(clock, days, 'a');
				const version = await create(store, key, record);
				await clock.advance(record.expiresAt - clock.precision - clock.now());
				assert.equal(await assertHolds(store, key, record, clock), version);

				await outlive(clock, record);
				await assertGone(store, key);
				assert.equal(await store.update(key, lasting(clock, 'late'), version), 'missing');
			},
		}),
	),
];
