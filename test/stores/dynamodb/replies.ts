import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import type {Store} from '../../../source/store.ts';
import {startLossy, survivesLostReplies} from '../../helpers/faults/lost-replies.ts';
import {openStore, privateDynamo} from '../../helpers/stores/dynamodb.ts';
import {create, record, textOf, update} from '../../helpers/stores/records.ts';
import {tableUrl} from '../../services/dynamodb.ts';

// The connection breaks after a write was made, before its reply or in the middle of it. The client sends the write again.

/** A store whose next reply can be lost on the way, and another one on the same table. */
const open = async (t: ExecutionContext) => {
	const server = await privateDynamo(t);
	const {proxy, lossy} = await startLossy(t, server.port);
	const store = openStore(t, tableUrl({url: `http://127.0.0.1:${proxy.port}`}, 'sessions'));
	await store.createTable();
	return {store, other: openStore(t, tableUrl(server, 'sessions')), proxy, lossy};
};

/** What another process finds under a key. */
const find = async (other: Store, key: string) => {
	const found = await other.read(key);
	assert.ok(found);
	return found;
};

test.serial('a write whose reply was lost counts as that write when it is sent again', async t => {
	const {store, other, lossy} = await open(t);
	await survivesLostReplies(t, store, lossy, 'key', other);

	const first = await create(store, 'other', record());
	const past = {...record(), expiresAt: Date.now() - 1};
	const ended = await lossy(() => update(store, 'other', past, first));
	t.is(ended.length, 11, 'a version, though there is no live record any more');
	t.is(await store.read('other'), undefined);
});

test.serial('an update that is sent again does not undo a touch in between', async t => {
	const {store, other, lossy} = await open(t);
	const first = await create(store, 'key', record('first'));
	const {expiresAt} = await find(other, 'key');
	const later = expiresAt + 60_000;
	const result = await lossy(
		() => store.update('key', {...record('second'), expiresAt}, first, expiresAt),
		async () => {
			const {version} = await find(other, 'key');
			t.true(await other.touch('key', later, version));
		},
	);
	const {version, expiresAt: stored} = await find(other, 'key');
	t.deepEqual(result, {version});
	t.is(stored, later);
	t.is(await textOf(other, 'key'), 'second');
});

test.serial('a reply that breaks off in its body is a lost one', async t => {
	const {store, other, proxy} = await open(t);
	const version = await create(store, 'key', record());
	const replace = async () => {
		const stored = await find(other, 'key');
		await update(other, 'key', record(`${Buffer.from(stored.bytes)}, theirs`), stored.version);
	};
	proxy.loseNextReply(replace, reply => reply.subarray(0, reply.indexOf('\r\n\r\n') + 4));
	// Nobody knows whether it was written before. After a conflict, the caller would make its change twice.
	await t.throwsAsync(store.update('key', record('mine'), version));
	t.is(proxy.lost, 1);
	t.is(await textOf(other, 'key'), 'mine, theirs');
});

test.serial('a call whose reply was lost ends before its store closes', async t => {
	const {store, other, lossy} = await open(t);
	const first = await create(store, 'key', record());
	const closed = Promise.withResolvers<void>();
	const second = await lossy(
		() => update(store, 'key', record('second'), first),
		async () => closed.resolve(store.close()),
	);
	await closed.promise;
	t.is((await other.read('key'))?.version, second);
	await t.throwsAsync(store.read('key'), {message: /^The store was closed/});
});
