import assert from 'node:assert/strict';
import {assertGone, assertHolds, create, lasting, makeKey, perCaller, rounds, update} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

export const updateCases: readonly StoreCase[] = [
	{
		title: 'update() replaces bytes, expiry and subject',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const before = lasting(clock, 'a much longer first', 'ann');
			const version = await create(store, key, before);

			const later = {...lasting(clock, 'second', 'bob'), expiresAt: before.expiresAt + 60_000};
			const second = await update(store, key, later, version);
			assert.equal(await assertHolds(store, key, later, clock), second);

			const earlier = {...lasting(clock, 'third', 'eve'), expiresAt: before.expiresAt - 60_000};
			const third = await update(store, key, earlier, second);
			assert.equal(await assertHolds(store, key, earlier, clock), third);
		},
	},
	{
		title: 'update() without a subject takes the old one away',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const nobodys = {...lasting(clock, 'b'), subject: undefined};
			const {subject: _, ...leftOut} = nobodys;
			let version = await create(store, key, lasting(clock, 'a', 'ann'));
			for (const record of [nobodys, lasting(clock, 'c', 'bob'), leftOut, lasting(clock, 'd', 'cid')]) {
				version = await update(store, key, record, version);
				await assertHolds(store, key, record, clock);
			}
		},
	},
	{
		title: 'update() of a missing record resolves with missing and inserts nothing',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const version = await create(store, makeKey(), lasting(clock, 'another'));
			assert.equal(await store.update(key, lasting(clock, 'a'), version), 'missing');
			await assertGone(store, key);
			await create(store, key, lasting(clock, 'a'));
		},
	},
	{
		title: 'update() of an older version resolves with conflict and changes nothing',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const first = await create(store, key, lasting(clock, 'first', 'ann'));
			const record = lasting(clock, 'second', 'ann');
			const second = await update(store, key, record, first);

			assert.equal(
				await store.update(key, {...lasting(clock, 'late', 'bob'), expiresAt: record.expiresAt + 60_000}, first),
				'conflict',
			);
			assert.equal(await assertHolds(store, key, record, clock), second);
		},
	},
	{
		title: 'update() with a known expiry resolves with conflict after a touch and changes nothing',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'first', 'ann');
			const version = await create(store, key, record);
			const {expiresAt: known} = (await store.read(key)) ?? record;
			const touched = {...record, expiresAt: known + 60_000};
			assert.equal(await store.touch(key, touched.expiresAt, version), true);

			const late = {...lasting(clock, 'late', 'ann'), expiresAt: known};
			assert.equal(await store.update(key, late, version, known), 'conflict');
			assert.equal(await assertHolds(store, key, touched, clock), version);

			const {expiresAt} = (await store.read(key)) ?? touched;
			const next = {...late, expiresAt};
			const result = await store.update(key, next, version, expiresAt);
			assert.deepEqual(result, {version: await assertHolds(store, key, next, clock)});
		},
	},
	{
		title: 'of a touch() and an update() with a known expiry at the same time one succeeds',
		needs: 'compareAndSwap',
		async run(store, clock) {
			for (let round = 0; round < rounds; round++) {
				const key = makeKey();
				const version = await create(store, key, lasting(clock, 'before'));
				const {expiresAt: known} = (await store.read(key)) ?? lasting(clock, '');
				const updated = {...lasting(clock, 'after'), expiresAt: known};
				const touch = () => store.touch(key, known + 60_000, version);
				const keep = () => store.update(key, updated, version, known);
				const [isTouched, result] =
					round % 2 === 0 ? await Promise.all([touch(), keep()]) : (await Promise.all([keep(), touch()])).toReversed();

				assert.equal(isTouched, result === 'conflict', `touch(): ${isTouched}, update(): ${JSON.stringify(result)}`);
				if (!isTouched) await assertHolds(store, key, updated, clock);
				else await assertHolds(store, key, {...lasting(clock, 'before'), expiresAt: known + 60_000}, clock);
			}
		},
	},
	{
		title: 'update() by the version of another record resolves with conflict',
		needs: 'keeps',
		async run(store, clock) {
			const [key, other] = [makeKey(), makeKey()];
			const record = lasting(clock, 'a');
			const [version, another] = [await create(store, key, record), await create(store, other, record)];
			assert.notEqual(version, another);
			assert.equal(await store.update(key, lasting(clock, 'b'), another), 'conflict');
			assert.equal(await assertHolds(store, key, record, clock), version);
		},
	},
	{
		title: 'every write makes a version that was never there, for the same record too',
		needs: 'keeps',
		async run(store, clock) {
			const key = makeKey();
			const record = lasting(clock, 'a');
			const versions = [await create(store, key, record)];
			for (let version = versions[0]; version !== undefined && versions.length < rounds; ) {
				version = await update(store, key, record, version);
				versions.push(version);
			}
			assert.equal(new Set(versions).size, rounds);
		},
	},
	{
		title: 'of many update() calls for one version exactly one succeeds',
		needs: 'compareAndSwap',
		async run(store, clock) {
			const key = makeKey();
			const version = await create(store, key, lasting(clock, 'before'));
			const attempts = await Promise.all(
				perCaller(async caller => {
					const record = lasting(clock, `of caller ${caller}`);
					return {record, result: await store.update(key, record, version)};
				}),
			);

			const winners = attempts.filter(({result}) => result !== 'conflict');
			assert.equal(winners.length, 1, `exactly one update() succeeds, not ${winners.length}`);
			for (const {record, result} of winners) {
				assert.deepEqual({version: await assertHolds(store, key, record, clock)}, result);
			}
		},
	},
];
