import assert from 'node:assert/strict';
import type {Store} from '../../store.ts';
import type {Clock} from './clock.ts';
import {
	assertAllFound,
	assertHolds,
	brief,
	collect,
	create,
	createAll,
	createPages,
	lasting,
	longSubject,
	makeKey,
	outlive,
	perCaller,
	update,
	wideSubject,
} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

/** Any text, and similar ones that a database may take for the same. */
const subjects = [
	'',
	'ann',
	'Ann',
	'ann ',
	' ann',
	'an',
	'\u00E9',
	'e\u0301',
	'\u{1F36A}',
	'\u65E5\u672C',
	'a\nb',
	'a:b',
	'%',
	'_',
	'*',
	'"\'\\`;--',
	'__proto__',
	'undefined',
];

/** Subjects as long as they may be, two of which differ in their last character alone. */
const longSubjects = [longSubject, wideSubject].flatMap(subject => [subject, `${subject.slice(0, -1)}y`]);

const walk = (store: Store, subject: string): Promise<string[]> => collect(store.bySubject?.(subject));

const assertKeepsEach = async (store: Store, clock: Clock, subjects: readonly string[]): Promise<void> => {
	for (const subject of subjects) {
		const [key, record] = [makeKey(), lasting(clock, 'a', subject)];
		const version = await create(store, key, record);
		await assertHolds(store, key, record, clock);
		await update(store, key, record, version);
		await assertHolds(store, key, record, clock);
	}
};

const assertTellsApart = async (store: Store, clock: Clock, subjects: readonly string[]): Promise<void> => {
	const keys = new Map(subjects.map(subject => [subject, makeKey()]));
	for (const [subject, key] of keys) await create(store, key, lasting(clock, 'a', subject));
	for (const [subject, key] of keys) assert.deepEqual(await walk(store, subject), [key]);
	assert.deepEqual(await walk(store, 'nobody'), []);
};

export const subjectCases: readonly StoreCase[] = [
	{
		title: 'a subject may be any text',
		needs: 'keeps',
		run: (store, clock) => assertKeepsEach(store, clock, subjects),
	},
	{
		title: 'a subject may have 255 characters, also of three bytes each',
		needs: 'keeps',
		run: (store, clock) => assertKeepsEach(store, clock, longSubjects),
	},
	{
		title: 'bySubject() tells subjects apart to the last character',
		needs: 'bySubject',
		run: (store, clock) => assertTellsApart(store, clock, subjects),
	},
	{
		title: 'bySubject() tells subjects of 255 characters apart to the last one, also of three bytes each',
		needs: 'bySubject',
		run: (store, clock) => assertTellsApart(store, clock, longSubjects),
	},
	{
		title: 'bySubject() walks the keys of all records of a subject, each once',
		needs: 'bySubject',
		async run(store, clock) {
			const [anns, bobs] = [perCaller(makeKey), perCaller(makeKey)];
			await Promise.all([
				...anns.map(key => create(store, key, lasting(clock, 'a', 'ann'))),
				...bobs.map(key => create(store, key, lasting(clock, 'b', 'bob'))),
				...perCaller(() => create(store, makeKey(), lasting(clock, "nobody's"))),
			]);
			assert.deepEqual(await walk(store, 'ann'), anns.toSorted());
			assert.deepEqual(await walk(store, 'bob'), bobs.toSorted());
		},
	},
	{
		title: 'bySubject() walks more keys than a page has, each once',
		needs: 'bySubject',
		async run(store, clock) {
			const keys = await createPages(store, clock, 'ann');
			assertAllFound(await collect(store.bySubject?.('ann'), keys.length), keys);
		},
	},
	{
		title: 'bySubject() follows a record to its new subject',
		needs: 'bySubject',
		async run(store, clock) {
			const key = makeKey();
			const anns = await create(store, key, lasting(clock, 'a', 'ann'));
			const bobs = await update(store, key, lasting(clock, 'a', 'bob'), anns);
			assert.deepEqual(await walk(store, 'ann'), []);
			assert.deepEqual(await walk(store, 'bob'), [key]);

			const nobodys = await update(store, key, lasting(clock, 'a'), bobs);
			assert.deepEqual(await walk(store, 'bob'), []);

			await update(store, key, lasting(clock, 'a', 'ann'), nobodys);
			assert.deepEqual(await walk(store, 'ann'), [key]);
		},
	},
	{
		title: 'bySubject() leaves out what is deleted or expired',
		needs: 'bySubject',
		async run(store, clock) {
			const [live, deleted, expired, touched] = [makeKey(), makeKey(), makeKey(), makeKey()];
			const record = lasting(clock, 'a', 'ann');
			const version = await create(store, touched, brief(clock, 'a', 'ann'));
			await store.touch(touched, record.expiresAt, version);
			await create(store, live, record);
			await create(store, deleted, record);
			await store.delete(deleted);
			const expiring = brief(clock, 'a', 'ann');
			await create(store, expired, expiring);
			await outlive(clock, expiring);

			assert.deepEqual(await walk(store, 'ann'), [live, touched].toSorted());
		},
	},
	{
		title: 'bySubject() loses and repeats no key while records are read, touched and deleted',
		needs: 'bySubject',
		async run(store, clock) {
			assert.ok(store.bySubject, 'the store has bySubject()');
			const record = lasting(clock, 'a', 'ann');
			const versions = await createAll(store, record);

			const walked: string[] = [];
			for await (const page of store.bySubject('ann')) {
				for (const key of page) {
					walked.push(key);
					const version = versions.get(key);
					if (walked.length % 3 === 0) await store.delete(key);
					else if (version && walked.length % 3 === 1) await store.touch(key, record.expiresAt + 60_000, version);
					else await store.read(key);
				}
			}
			assert.deepEqual(walked.toSorted(), [...versions.keys()].toSorted());
		},
	},
];
