import type {VersionedRecord} from '../store.ts';

/**
How long a tombstone stands for the old id of a session, in milliseconds.

Longer than any request takes that uses the old id, together with what the clocks of machines differ by.
*/
export const tombstoneLife = 3_600_000;

const tombstoneMark = 0;

/** Makes the bytes of a tombstone: under an id that moved to `successor`'s key, or that was ended. */
export const tombstone = (successor = ''): Uint8Array =>
	Buffer.from(`${String.fromCharCode(tombstoneMark)}${successor}`);

/** Tells whether bytes are a tombstone's. */
export const isTombstone = (bytes: Uint8Array): boolean => bytes[0] === tombstoneMark;

/** Tells whether a record is that of a live session, as far as it can be told without decoding. */
export const isLive = (record: VersionedRecord | undefined): boolean =>
	record !== undefined && record.expiresAt > Date.now() && !isTombstone(record.bytes);

/** The key to which a tombstone points; `undefined` if its session was ended. */
export const successorOf = (bytes: Uint8Array): string | undefined =>
	Buffer.from(bytes).toString('utf8', 1) || undefined;
