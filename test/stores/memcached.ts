import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {expectTypeOf} from 'expect-type';
import {MemcacheClient} from 'memcache-client';
import type {SessionRecord} from '../../source/store.ts';
import {type MemcachedClient, MemcachedStore} from '../../source/stores/memcached.ts';
import {conforms, fakeClock} from '../helpers/stores/conforms.ts';
import {connect, memcachedUrl, openStore, patient, privateMemcached, say, stats} from '../helpers/stores/memcached.ts';
import {create, noVersion, record, textOf, update} from '../helpers/stores/records.ts';
import {startMemcached} from '../services/memcached.ts';

const traits = {keeps: true, compareAndSwap: true, maxBytes: true};

// Time stands still but for the cases' own steps, so memcached still has what ended: it is us who must see that. The
// cases that use keys of their own choice delete them, and run one after the other.
const single = startMemcached();
conforms(async t => new MemcachedStore(connect(t, (await single).url)), traits);

const three = Promise.all([startMemcached(), startMemcached(), startMemcached()]);
const urlOfThree = async () => patient(`memcached://${(await three).map(({port}) => `127.0.0.1:${port}`).join()}`);
conforms(async () => new MemcachedStore(await urlOfThree()), {...traits, closes: true}, {prefix: 'three servers: '});

test.after.always(async () => {
	await Promise.all([await single, ...(await three)].map(server => server.stop()));
});

test('the client of memcache-client fits, and nothing else does', t => {
	expectTypeOf<MemcacheClient>().toExtend<MemcachedClient>();
	expectTypeOf<URL>().not.toExtend<MemcachedClient>();
	expectTypeOf<Map<string, string>>().not.toExtend<MemcachedClient>();
	t.throws(() => new MemcachedStore([]), {instanceOf: RangeError});
	for (const wrong of [{}, null, 1, [null], {get() {}, set() {}}] as never[]) {
		t.throws(() => new MemcachedStore(wrong), {
			instanceOf: TypeError,
			message: /^Expected a `MemcacheClient`.* or a URL$/,
		});
	}
});

test('a client that would pick one of several servers at random is refused', t => {
	const addresses = [{server: '127.0.0.1:11211'}, {server: '127.0.0.1:11212'}];
	const one = new MemcacheClient({server: {servers: addresses.slice(1)}});
	const several = new MemcacheClient({server: {servers: addresses}});
	t.notThrows(() => new MemcachedStore(one));
	for (const clients of [several, [one, several]]) {
		t.throws(() => new MemcachedStore(clients), {
			instanceOf: TypeError,
			message:
				/^Expected a client to have one server, got 2.*Pass in a list with one client for each server, or a URL$/,
		});
	}
});

for (const size of [2 ** 20, 2 ** 21]) {
	test(`bytes as many as a server takes whose items may have ${size}, and too many`, async t => {
		const {url} = await privateMemcached(t, {'max-item-size': String(size)});
		const store = openStore(t, `${patient(url)}&maxItemSize=${size}`);
		t.is(new MemcachedStore(connect(t, url), {maxItemSize: size}).maxBytes, store.maxBytes);
		const largest: SessionRecord = {...record(), bytes: Buffer.alloc(store.maxBytes, 1), subject: 's'.repeat(65_534)};
		const key = 'k'.repeat(250);

		const version = await create(store, key, largest);
		const next = await update(store, key, largest, version);
		t.is((await store.read(key))?.bytes.length, store.maxBytes);

		// The session asks for `maxBytes`. Without that memcached refuses, and what is there stays.
		const tooLarge = {...record(), bytes: Buffer.alloc(size)};
		const message = 'SERVER_ERROR object too large for cache';
		await t.throwsAsync(store.update(key, tooLarge, next), {message});
		await t.throwsAsync(store.create('other', tooLarge), {message});
		t.is((await store.read(key))?.version, next);
	});
}

test('a wrong size of items is refused', t => {
	for (const maxItemSize of [0, 99_999, 2 ** 31, 1e5 + 0.5, Number.NaN]) {
		t.throws(() => new MemcachedStore('memcached://127.0.0.1', {maxItemSize}), {
			instanceOf: RangeError,
			message: /^Expected `maxItemSize` to be an integer from 100_000 /,
		});
	}
});

test('a malformed key never reaches memcached, where it could be another command', async t => {
	const {url} = await privateMemcached(t);
	const client = connect(t, url);
	const store = new MemcachedStore(client);
	await create(store, 'victim', record('safe'));
	const version = (await store.read('victim'))?.version ?? noVersion;
	const before = await stats(client);

	for (const key of [
		'',
		'victim victim',
		'victim 0 -1',
		'x\r\nflush_all',
		'x\r\nset victim 0 0 4\r\nevil\r\nget x',
		'x\ndelete victim',
		'victim\0',
		'\u00E9',
		'k'.repeat(251),
	]) {
		t.is(await store.read(key), undefined);
		t.is(await store.update(key, record('evil'), version), 'missing');
		t.false(await store.touch(key, Date.now(), version));
		t.false(await store.delete(key));
		t.false(await store.delete(key, version));
		const error = await t.throwsAsync(store.create(key, record('evil')), {instanceOf: RangeError});
		t.is(error?.message, 'Expected a key of 1 to 250 printable ASCII characters without spaces');
	}

	const after = await stats(client);
	for (const name of ['cmd_get', 'cmd_set', 'cmd_flush', 'delete_hits', 'delete_misses', 'curr_items']) {
		t.is(after.get(name), before.get(name), name);
	}
	t.is(await textOf(store, 'victim'), 'safe');
});

test('a key that names what every object has is only a key', async t => {
	const store = openStore(t, patient((await privateMemcached(t)).url));
	for (const key of ['toString', '__proto__', 'constructor', 'hasOwnProperty', 'valueOf']) {
		t.is(await store.read(key), undefined, key);
		t.false(await store.touch(key, record().expiresAt, noVersion), key);
		const version = await create(store, key, record(key));
		t.is(await textOf(store, key), key);
		const next = await update(store, key, record(), version);
		t.is((await store.read(key))?.version, next);
		await store.delete(key);
		t.is(await store.read(key), undefined, key);
	}
});

/** A store whose round trips are counted by the server. */
const counted = async (t: ExecutionContext) => {
	const client = connect(t, (await privateMemcached(t)).url);
	const commands = ['cmd_get', 'cmd_set', 'cmd_touch', 'delete_hits', 'delete_misses'];
	const count = async () => {
		const counts = await stats(client);
		return commands.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
	};
	return {
		client,
		store: new MemcachedStore(client),
		/** How many round trips a call made, and what it resolved with. */
		async trips<Result>(call: () => Promise<Result>): Promise<readonly [number, Result]> {
			const before = await count();
			const result = await call();
			return [(await count()) - before, result];
		},
	};
};

test('every operation is one round trip, with the exceptions that its documentation names', async t => {
	const {client, store, trips} = await counted(t);
	const [created, first] = await trips(() => create(store, 'key', record()));
	const [taken] = await trips(() => store.create('key', record()));
	const [updatedUnseen, second] = await trips(() => update(store, 'key', record(), first));
	const [read] = await trips(() => store.read('key'));
	const [updated, third] = await trips(() => update(store, 'key', record(), second));
	const [lost, conflict] = await trips(() => store.update('key', record(), second));
	const [touched] = await trips(() => store.touch('key', record().expiresAt, third));
	const [refused] = await trips(() => store.touch('key', record().expiresAt, second));
	await store.read('key');
	await new MemcachedStore(client).touch('key', record().expiresAt, third);
	const [updatedTouched, fourth] = await trips(() => update(store, 'key', record(), third));
	await store.read('key');
	const [deleted] = await trips(() => store.delete('key', fourth));
	await create(store, 'key', record());
	const [deletedUnseen] = await trips(() => store.delete('key'));
	const [missed] = await trips(() => store.read('key'));
	const [missing, answer] = await trips(() => store.update('key', record(), fourth));

	t.deepEqual(
		{
			created,
			taken,
			updatedUnseen,
			read,
			updated,
			lost,
			touched,
			refused,
			updatedTouched,
			deleted,
			deletedUnseen,
			missed,
			missing,
		},
		{
			created: 1,
			taken: 2,
			updatedUnseen: 2,
			read: 1,
			updated: 1,
			lost: 1,
			touched: 2,
			refused: 1,
			updatedTouched: 3,
			deleted: 1,
			deletedUnseen: 2,
			missed: 1,
			missing: 1,
		},
	);
	t.deepEqual([conflict, answer], ['conflict', 'missing']);
});

test('what another process wrote since a read is a conflict, and what it deleted is missing', async t => {
	const url = await memcachedUrl();
	const [ours, others] = [openStore(t, url), openStore(t, url)];
	const key = randomUUID();
	const version = await create(ours, key, record());

	await ours.read(key);
	const theirs = await update(others, key, record('theirs'), version);
	t.is(await ours.update(key, record('ours'), version), 'conflict');
	t.is(await textOf(ours, key), 'theirs');
	await others.delete(key);
	t.is(await ours.update(key, record('ours'), theirs), 'missing');
});

test.serial('a record that would have ended, had not another process touched it since a read, is updated', async t => {
	const clock = fakeClock(t);
	const url = await memcachedUrl();
	const [ours, others] = [openStore(t, url), openStore(t, url)];
	const key = randomUUID();
	const version = await create(ours, key, {...record(), expiresAt: clock.now() + 1000});
	await ours.read(key);
	t.true(await others.touch(key, record().expiresAt, version));
	await clock.advance(1000);
	const next = await update(ours, key, record(), version);
	t.is((await ours.read(key))?.version, next);
});

test('a write that the client library sent twice counts as that write', async t => {
	const client = connect(t, await memcachedUrl());
	const twice = async <Reply>(write: () => Promise<Reply>) => {
		await write();
		return write();
	};
	const store = new MemcachedStore({
		gets: key => client.gets(key),
		add: (key, value, options) => twice(() => client.add(key, value, options)),
		cas: (key, value, options) => twice(() => client.cas(key, value, options)),
	});
	const key = randomUUID();
	const first = await create(store, key, record('first'));
	const second = await update(store, key, record('second'), first);
	t.is((await store.read(key))?.version, second);
	t.is(await textOf(store, key), 'second');
	await store.delete(key);
	t.is(await store.read(key), undefined);
});

test('a create that was sent twice revives nothing, though its first copy comes after the logout', async t => {
	const client = connect(t, await memcachedUrl());
	let copy: () => Promise<unknown> = async () => {};
	const store = new MemcachedStore({
		gets: key => client.gets(key),
		cas: (...write) => client.cas(...write),
		add(...write) {
			copy = () => client.add(...write);
			return copy();
		},
	});
	const key = randomUUID();
	await create(store, key, record('ended'));
	await store.delete(key);
	await t.throwsAsync(copy(), {message: 'NOT_STORED'});
	t.is(await store.read(key), undefined);
	await create(store, key, record('new'));
	t.is(await textOf(store, key), 'new');
});

test('a value that is no record counts as none', async t => {
	const client = connect(t, await memcachedUrl());
	const store = new MemcachedStore(client);
	for (const value of [Buffer.from(''), Buffer.alloc(17), Buffer.alloc(17, 0xff), 'text', 7, {views: 1}]) {
		const key = randomUUID();
		await client.set(key, value, {lifetime: 60});
		t.is(await store.read(key), undefined);
		t.is(await store.update(key, record(), noVersion), 'missing');
		t.false(await store.touch(key, record().expiresAt, noVersion));
		t.false(await store.delete(key));
		await create(store, key, record('ours'));
		t.is(await textOf(store, key), 'ours');
	}
});

test('a value that another client stored as JSON, and badly, is a fault that quotes nothing', async t => {
	const url = await memcachedUrl();
	const store = openStore(t, url);
	const key = randomUUID();
	await say(url, `set ${key} 2 60 7\r\n{secret`);
	const error = await t.throwsAsync(store.read(key));
	t.is(error?.message, 'Expected a record under a key, got what another client stored');
	t.is(error?.cause, undefined);
});
