import assert from 'node:assert/strict';
import type {SessionRecord, Store, Version} from '../../../source/store.ts';

/** A record that lasts for an hour. */
export const record = (text = 'data'): SessionRecord => ({bytes: Buffer.from(text), expiresAt: Date.now() + 3_600_000});

/** Inserts a record under a key that must be free. */
export const create = async (store: Store, key: string, record: SessionRecord): Promise<Version> => {
	const version = await store.create(key, record);
	assert.ok(version);
	return version;
};

/** The text of the record under a key, if there is one. */
export const textOf = async (store: Store, key: string): Promise<string | undefined> => {
	const stored = await store.read(key);
	return stored && Buffer.from(stored.bytes).toString();
};
