import type {VersionedRecord} from '../store.ts';

/** How long a tombstone answers for a regenerated id, in milliseconds: longer than any request that used the old one. */
export const tombstoneLife = 60_000;

const tombstoneMark = 0;

/** Makes the bytes of a tombstone: what lies under the id of a session that moved to `successor`'s key. */
export const tombstone = (successor: string): Uint8Array =>
	Buffer.from(`${String.fromCharCode(tombstoneMark)}${successor}`);

/** Tells whether bytes are a tombstone's. */
export const isTombstone = (bytes: Uint8Array): boolean => bytes[0] === tombstoneMark;

/** Tells whether a record is that of a live session, as far as it can be told without decoding. */
export const isLive = (record: VersionedRecord | undefined): boolean =>
	record !== undefined && record.expiresAt > Date.now() && !isTombstone(record.bytes);

/** The key to which a tombstone points. */
export const successorOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8', 1);
