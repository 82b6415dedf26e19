import {randomUUID} from 'node:crypto';
import test from 'ava';
import type {SessionRecord} from '../../../source/store.ts';
import {MemcachedStore} from '../../../source/stores/memcached.ts';
import {systemClock} from '../../../source/testing/index.ts';
import {conforms, realTime} from '../../helpers/stores/conforms.ts';
import {memcachedUrl, openStore, patient, privateMemcached, say} from '../../helpers/stores/memcached.ts';
import {create, update} from '../../helpers/stores/records.ts';
import {startMemcached} from '../../services/memcached.ts';

// When a record ends: by our clock to the millisecond, by memcached's own some time after that.

const day = 86_400_000;

const endingIn = (milliseconds: number): SessionRecord => ({
	bytes: Buffer.from('data'),
	expiresAt: Date.now() + milliseconds,
});

const single = startMemcached();
test.after.always(async () => (await single).stop());

// One after the other, since a busy process would miss the ends of what lives for a second.
const time = {...realTime(), register: test.serial};
conforms(
	async () => new MemcachedStore(patient((await single).url)),
	{keeps: true, compareAndSwap: true, maxBytes: true, closes: true},
	{time},
);

test('a record is there until its last moment, though memcached counts whole seconds', async t => {
	const store = openStore(t, await memcachedUrl());
	await Promise.all(
		Array.from({length: 10}, async (_, tenth) => {
			const key = randomUUID();
			const brief = endingIn(1000 + 100 * tenth);
			await store.create(key, brief);
			await systemClock().advance(brief.expiresAt - 30 - Date.now());
			const found = await store.read(key);
			if (Date.now() < brief.expiresAt) t.truthy(found);
			await systemClock().advance(brief.expiresAt - Date.now());
			t.is(await store.read(key), undefined);
		}),
	);
});

/** What memcached itself says of the end of an item, in seconds from now. */
const secondsLeft = async (url: string, key: string): Promise<number> => {
	const [, seconds] = /^HD t(-?\d+)\r\n$/.exec(await say(url, `mg ${key} t`)) ?? [];
	return Number(seconds);
};

test('memcached removes a record on its own a minute after it ends', async t => {
	const {url} = await privateMemcached(t);
	const store = openStore(t, patient(url));
	const endsIn = async (seconds: number) => {
		const left = await secondsLeft(url, 'key');
		t.true(seconds + 40 < left && left <= seconds + 61, `${left}`);
	};

	const version = await create(store, 'key', endingIn(60_000));
	await endsIn(60);
	const next = await update(store, 'key', endingIn(90_000), version);
	await endsIn(90);
	await store.touch('key', Date.now() + 30_000, next);
	await endsIn(30);
	await store.touch('key', Date.now() + 60_500, next);
	await endsIn(60);
	await store.touch('key', Date.now(), next);
	t.is(await say(url, 'mg key t'), 'EN\r\n');
});

test('what takes the place of a deleted record is removed by memcached after a minute', async t => {
	const {url} = await privateMemcached(t);
	const store = openStore(t, patient(url));
	await create(store, 'key', endingIn(day));
	await store.delete('key');
	const left = await secondsLeft(url, 'key');
	t.true(20 < left && left <= 61, `${left}`);
});

for (const days of [1, 29, 30, 31, 400, 3650, 20_000]) {
	test(`memcached keeps a record of ${days} days for as long, and a minute more`, async t => {
		const url = await memcachedUrl();
		const store = openStore(t, url);
		const key = randomUUID();
		const [first, second, third] = [endingIn(days * day), endingIn(days * day), endingIn(days * day)];

		const version = await create(store, key, first);
		t.is((await store.read(key))?.expiresAt, first.expiresAt);
		const next = await update(store, key, second, version);
		t.is((await store.read(key))?.expiresAt, second.expiresAt);
		t.true(await store.touch(key, third.expiresAt, next));
		t.is((await store.read(key))?.expiresAt, third.expiresAt);

		// memcached knows no date after 2038, and keeps what ends then until it needs the room.
		const left = await secondsLeft(url, key);
		t.true(days === 20_000 ? left === -1 : Math.abs(left - days * 86_400 - 60) < 30, `${left}`);
	});
}

test('a record that never ends may be made to end', async t => {
	const store = openStore(t, await memcachedUrl());
	const key = randomUUID();
	const version = await create(store, key, endingIn(Number.POSITIVE_INFINITY));
	t.is((await store.read(key))?.expiresAt, Number.POSITIVE_INFINITY);
	t.true(await store.touch(key, Date.now(), version));
	t.is(await store.read(key), undefined);
});
