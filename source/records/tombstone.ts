import type {VersionedRecord} from '../store.ts';

/**
How long a tombstone stands for the old id of a session, in milliseconds.

Longer than any request takes that uses the old id, together with what the clocks of machines differ by.
*/
export const tombstoneLife = 3_600_000;

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
