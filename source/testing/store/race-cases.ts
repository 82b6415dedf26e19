import assert from 'node:assert/strict';
import type {SessionRecord, Store, Version} from '../../store.ts';
import {assertGone, assertHolds, brief, create, lasting, makeKey, outlive, update, withOthers} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

/** How many stores race, each with so many calls at once, so many times. */
const [racers, callsEach, raceRounds] = [4, 13, 10];

/** Lets all of them call at once, each several times. Resolves with the texts of the calls that won. */
const race = async (
	others: readonly Store[],
	call: (other: Store, text: string) => Promise<boolean>,
): Promise<string[]> => {
	const attempts = others.flatMap((other, racer) =>
		Array.from({length: callsEach}, async (_, index) => {
			const text = `call ${index} of racer ${racer}`;
			return (await call(other, text)) ? [text] : [];
		}),
	);
	return (await Promise.all(attempts)).flat();
};

/** Lets all of them touch a record at once, each several times and each time to another end. */
const touchAtOnce = (
	others: readonly Store[],
	key: string,
	{expiresAt}: SessionRecord,
	version: Version,
): Promise<string[]> => {
	let touches = 0;
	return race(others, other => other.touch(key, expiresAt + 60_000 * ++touches, version));
};

const textOf = async (store: Store, key: string): Promise<string> =>
	new TextDecoder().decode((await store.read(key))?.bytes);

/** What holds between processes, which share nothing but the backend. */
export const raceCases: readonly StoreCase[] = [
	{
		title: 'what one process wrote or deleted, another process sees',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, 1, async ([other]) => {
				assert.ok(other);
				const [key, created, updated] = [makeKey(), lasting(clock, 'created'), lasting(clock, 'updated')];
				const first = await create(store, key, created);
				assert.equal(await assertHolds(other, key, created, clock), first);

				const second = await update(other, key, updated, first);
				assert.equal(await store.update(key, lasting(clock, 'late'), first), 'conflict');
				assert.equal(await store.touch(key, updated.expiresAt, first), false);
				assert.equal(await assertHolds(store, key, updated, clock), second);

				await other.delete(key);
				assert.equal(await store.update(key, lasting(clock, 'late'), second), 'missing');
				await assertGone(store, key);
			}),
	},
	{
		title: 'a record that another process touched lives on for one that read it before',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, 1, async ([other]) => {
				assert.ok(other);
				const [key, first, record] = [makeKey(), brief(clock, 'first'), lasting(clock, 'second')];
				const version = await create(store, key, first);
				await store.read(key);
				assert.equal(await other.touch(key, record.expiresAt, version), true);
				await outlive(clock, first);
				await update(store, key, record, version);
				await assertHolds(store, key, record, clock);
			}),
	},
	{
		title: 'of many create() calls from several processes for one key exactly one succeeds',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, racers, async others => {
				for (let round = 0; round < raceRounds; round++) {
					const key = makeKey();
					const won = await race(others, async (other, text) => {
						return (await other.create(key, lasting(clock, text))) !== undefined;
					});
					assert.deepEqual(won, [await textOf(store, key)], 'the one that succeeded is the one that is stored');
				}
			}),
	},
	{
		title: 'of many update() calls from several processes for one version exactly one succeeds',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, racers, async others => {
				const key = makeKey();
				let version = await create(store, key, lasting(clock, 'before'));
				for (let round = 0; round < raceRounds; round++) {
					const won = await race(others, async (other, text) => {
						return (await other.update(key, lasting(clock, text), version)) !== 'conflict';
					});
					assert.deepEqual(won, [await textOf(store, key)], 'the one that succeeded is the one that is stored');
					version = (await store.read(key))?.version ?? version;
				}
			}),
	},
	{
		title: 'of many update() and delete() calls from several processes for one version exactly one succeeds',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, racers, async others => {
				for (let round = 0; round < raceRounds; round++) {
					const key = makeKey();
					const version = await create(store, key, lasting(clock, 'before'));
					let deletes = 0;
					const won = await race(others, async (other, text) => {
						if (deletes++ % 2 === 0) return other.delete(key, version);
						return typeof (await other.update(key, lasting(clock, text), version)) === 'object';
					});
					assert.equal(won.length, 1, `exactly one call succeeds, not ${won.length}`);
				}
			}),
	},
	{
		title: 'touch() in several processes neither undoes an update() in another one nor makes it conflict',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, racers, async ([updater, ...touchers]) => {
				assert.ok(updater);
				const key = makeKey();
				let version = await create(store, key, lasting(clock, 'before'));
				for (let round = 0; round < raceRounds; round++) {
					const record = lasting(clock, `round ${round}`);
					const touches = touchAtOnce(touchers, key, record, version);
					const [updated]: [Version, unknown] = await Promise.all([update(updater, key, record, version), touches]);
					assert.equal(await assertHolds(store, key, record, clock), updated);
					version = updated;
				}
			}),
	},
	{
		title: 'touch() in several processes brings no record back that another one deletes',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, racers, async ([deleter, ...touchers]) => {
				assert.ok(deleter);
				for (let round = 0; round < raceRounds; round++) {
					const [key, record] = [makeKey(), lasting(clock, 'a')];
					const version = await create(store, key, record);
					const touches = touchAtOnce(touchers, key, record, version);
					const [isDeleted]: [boolean, unknown] = await Promise.all([deleter.delete(key), touches]);
					assert.equal(isDeleted, true, 'delete() removes it');
					await assertGone(store, key);
				}
			}),
	},
	{
		title: 'of touch() and update() calls with a known expiry from several processes only one kind succeeds',
		needs: 'shared',
		run: (store, clock, openAnother) =>
			withOthers(openAnother, racers, async others => {
				for (let round = 0; round < raceRounds; round++) {
					const [key, before] = [makeKey(), lasting(clock, 'before')];
					const version = await create(store, key, before);
					const {expiresAt: known} = (await store.read(key)) ?? before;
					const updates = new Set<string>();
					// A touch comes first, or an update, by turns.
					let calls = round;
					const won = await race(others, async (other, text) => {
						if (calls++ % 2 === 0) return other.touch(key, known + 60_000 * calls, version);
						updates.add(text);
						const record = {...lasting(clock, text), expiresAt: known};
						return typeof (await other.update(key, record, version, known)) === 'object';
					});

					assert.ok(won.length > 0, 'one of them succeeds');
					const isUpdated = won.some(text => updates.has(text));
					const stored = await textOf(store, key);
					if (isUpdated) assert.deepEqual(won, [stored], 'an update() that succeeded is alone, and is stored');
					else assert.equal(stored, 'before', 'a touch() succeeded, so no update() did');
				}
			}),
	},
];
