import assert from 'node:assert/strict';
import {type SessionRecord, type Store, toVersion, type Version} from '../../../source/store.ts';

/** A record that lasts for an hour. */
export const record = (text = 'data'): SessionRecord => ({bytes: Buffer.from(text), expiresAt: Date.now() + 3_600_000});

/** Inserts a record under a key that must be free. */
export const create = async (store: Store, key: string, record: SessionRecord): Promise<Version> => {
	const version = await store.create(key, record);
	assert.ok(version);
	return version;
};

/** Replaces a record whose version must be the newest; resolves with the new one. */
export const update = async (store: Store, key: string, record: SessionRecord, version: Version): Promise<Version> => {
	const result = await store.update(key, record, version);
	assert.ok(typeof result === 'object', `the update succeeds, not ${result}`);
	return result.version;
};

/** A version that no record has. */
export const noVersion: Version = toVersion('none');

/** The text of the record under a key, if there is one. */
export const textOf = async (store: Store, key: string): Promise<string | undefined> => {
	const stored = await store.read(key);
	return stored && Buffer.from(stored.bytes).toString();
};
