import assert from 'node:assert/strict';
import type {Store} from '../../store.ts';
import {assertGone, assertHolds, brief, create, lasting, makeKey, outlive, update} from './fixtures.ts';
import type {OpenAnother, StoreCase} from './store-case.ts';

/** How many stores race, each with so many calls at once, so many times. */
const [racers, callsEach, raceRounds] = [4, 13, 10];

/** Lends others on the same records; closes them afterwards. */
const withOthers = async (
	openAnother: OpenAnother | undefined,
	count: number,
	work: (others: readonly Store[]) => Promise<void>,
): Promise<void> => {
	assert.ok(openAnother, 'the case gets `openAnother`');
	const others = await Promise.all(Array.from({length: count}, openAnother));
	try {
		await work(others);
	} finally {
		await Promise.all(others.map(other => other.close?.()));
	}
};

/** Lets all of them call at once, each several times; resolves with the texts of the calls that won. */
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

const textOf = async (store: Store, key: string): Promise<string> =>
	new TextDecoder().decode((await store.read(key))?.bytes);

/** What holds between processes, which have nothing in common but the backend. */
export const raceCases: readonly StoreCase[] = [
	{
		title: 'what one process wrote or deleted, another one finds so',
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
];
