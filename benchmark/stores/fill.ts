import {hash} from 'node:crypto';
import type {SessionRecord, Store} from '../../source/store.ts';

/** Puts records into the place of a URL, as many as one counts, in the very form in which its store would. */
export type Fill = (url: string, records: Iterable<Filed>, store: Store) => Promise<void>;

/** A record and its key. */
export type Filed = {readonly key: string; readonly record: SessionRecord};

/** The key of the record of that number. */
export const keyOf = (index: number): string => `session:${hash('sha256', `${index}`, 'base64url')}`;

/** Whose it is: ten have one subject. */
export const subjectOf = (index: number): string => `user-${Math.floor(index / 10)}`;

/** Every tenth ends before it can be read. */
export const isBrief = (index: number): boolean => index % 10 === 9;

/** How many come at once. */
const atOnce = 256;

/** One by one through the store, many at a time. */
export const throughStore: Fill = async (_url, records, store) => {
	const left = records[Symbol.iterator]();
	const worker = async () => {
		for (let next = left.next(); !next.done; next = left.next()) {
			await store.create(next.value.key, next.value.record);
		}
	};
	await Promise.all(Array.from({length: atOnce}, worker));
};

/** Gives lists of up to so many. */
export function* chunks<Value>(values: Iterable<Value>, size: number): Generator<Value[]> {
	let chunk: Value[] = [];
	for (const value of values) {
		chunk.push(value);
		if (chunk.length < size) continue;
		yield chunk;
		chunk = [];
	}
	if (chunk.length > 0) yield chunk;
}
