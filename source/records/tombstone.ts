import type {VersionedRecord} from '../store.ts';

/**
How long a tombstone stays under the old id of a session, in milliseconds.

It must be longer than any request that uses the old id, plus the difference between the machines' clocks.
*/
export const tombstoneLife = 3_600_000;

/** How long ago a session may have been read whose tombstone can still be found, though another machine's clock is slow. */
export const traceableFor: number = tombstoneLife / 2;

const tombstoneMark = 0;

/** Makes the bytes of a tombstone: what lies under the id of a session that moved to `successor`'s key. */
export const tombstone = (successor: string): Uint8Array =>
	Buffer.from(`${String.fromCharCode(tombstoneMark)}${successor}`);

/** Whether bytes are a tombstone's. */
export const isTombstone = (bytes: Uint8Array): boolean => bytes[0] === tombstoneMark;

/** Whether a record is a live session's, as far as that can be seen without decoding. */
export const isLiveSession = (record: VersionedRecord | undefined): boolean =>
	record !== undefined && record.expiresAt > Date.now() && !isTombstone(record.bytes);

/** The key to which a tombstone points. */
export const successorOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8', 1);
