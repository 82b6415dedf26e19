import {randomUUID} from 'node:crypto';
import type {ExecutionContext} from 'ava';
import type {Store} from '../../../source/store.ts';
import {keysOf} from './keys-of.ts';
import {create, noVersion, record, textOf, update} from './records.ts';

/** Each method of a store with each of its results, once: for options of a client, where the whole suite would cost too much. */
export const worksInShort = async (t: ExecutionContext, store: Required<Pick<Store, 'bySubject' | 'keys'>> & Store) => {
	const [prefix, subject] = [`session:${randomUUID()}:`, randomUUID()];
	const [key, other] = [`${prefix}one`, `${prefix}other`];
	t.is(await store.read(key), undefined);
	const first = await create(store, key, {...record('1'), subject});
	t.is(await store.create(key, record()), undefined, 'taken');
	t.like(await store.read(key), {version: first, subject});
	const second = await update(store, key, {...record('2'), subject}, first);
	t.is(await store.update(key, record('late'), first), 'conflict');
	t.is(await store.update(other, record('late'), first), 'missing');
	t.true(await store.touch(key, record().expiresAt, second));
	t.false(await store.touch(key, record().expiresAt, first));
	t.is(await textOf(store, key), '2');

	const late = await create(store, other, record());
	await update(store, other, {...record(), subject}, late);
	t.deepEqual((await keysOf(store.bySubject(subject))).toSorted(), [key, other].toSorted());
	t.deepEqual((await keysOf(store.keys(prefix))).toSorted(), [key, other].toSorted());
	t.false(await store.delete(key, noVersion));
	t.true(await store.delete(key, second));
	t.false(await store.delete(key));
	t.deepEqual(await keysOf(store.bySubject(subject)), [other]);
	t.true(await store.delete(other));
	t.deepEqual(await keysOf(store.bySubject(subject)), []);
	t.deepEqual(await keysOf(store.keys(prefix)), []);
};
