import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import type {Store} from '../../../source/store.ts';
import type {StoreTraits} from '../../../source/testing/index.ts';
import {type ConformsOptions, conforms} from './conforms.ts';
import {keysOf} from './keys-of.ts';
import {create, noVersion, record, update} from './records.ts';

/**
The store contract for one more setting of a client: every operation once, with data that a setting could change.

`npm run test:long` runs the whole contract instead.
*/
export const conformsInShort = (
	name: string,
	open: (t: ExecutionContext) => Store | Promise<Store>,
	traits: Omit<StoreTraits, 'shared' | 'fakedTime'>,
	options: ConformsOptions = {},
): void => {
	if (process.env['TEST_LONG']) conforms(open, traits, {...options, prefix: `${name}: `});
	else test(`${name}: every operation, once`, async t => t.notThrowsAsync(keepsContract(await open(t))));
};

/** Bytes that are no text. */
const bytes = Buffer.from(Array.from({length: 256}, (_, octet) => octet));

/** Runs every operation of a store on a few records. */
export const keepsContract = async (store: Store): Promise<void> => {
	// The subject looks like data of several kinds.
	const [prefix, subject] = [`session:${randomUUID()}:`, `{"a": 1} \0 ü ${randomUUID()}`];
	const [key, other] = [`${prefix}one`, `${prefix}other`];
	const {expiresAt} = record();
	assert.equal(await store.read(key), undefined);
	const first = await create(store, key, {bytes, expiresAt, subject});
	assert.deepEqual(plain(await store.read(key)), {bytes, expiresAt, subject, version: first});
	assert.equal(await store.create(key, record()), undefined);

	const second = await update(store, key, {bytes: Buffer.alloc(0), expiresAt}, first);
	assert.deepEqual(plain(await store.read(key)), {
		bytes: Buffer.alloc(0),
		expiresAt,
		subject: undefined,
		version: second,
	});
	assert.equal(await store.update(key, record(), first), 'conflict');
	assert.equal(await store.update(other, record(), first), 'missing');
	assert.equal(await store.touch(key, expiresAt, second), true, 'nothing changes');
	assert.equal(await store.touch(key, expiresAt + 1, second), true);
	assert.equal((await store.read(key))?.expiresAt, expiresAt + 1);
	assert.equal(await store.touch(key, expiresAt, first), false);

	const third = await update(store, key, {bytes, expiresAt, subject}, second);
	assert.deepEqual(await keysOf(store.bySubject?.(subject)), store.bySubject ? [key] : []);
	assert.deepEqual(await keysOf(store.keys?.(prefix)), store.keys ? [key] : []);
	assert.equal(await store.delete(key, noVersion), false);
	assert.equal(await store.delete(key, third), true);
	assert.equal(await store.delete(key), false);
	assert.equal(await store.read(key), undefined);
	assert.deepEqual(await keysOf(store.bySubject?.(subject)), []);

	await store.create(key, {...record('past'), expiresAt: Date.now() - 1});
	assert.equal(await store.prune?.(10), store.prune ? 1 : undefined);
};

const plain = (stored: Awaited<ReturnType<Store['read']>>) => stored && {...stored, bytes: Buffer.from(stored.bytes)};
