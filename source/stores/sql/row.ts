import type {ColumnType, Insertable} from 'kysely';
import {type SessionRecord, toVersion, type Version, type VersionedRecord} from '../../store.ts';

/** A row of the table of sessions, as drivers give and take it. */
export type Row = {
	readonly key: string;

	/** Random and never drawn again, so that no update can mistake an earlier state for the one that it read. */
	readonly version: Uint8Array;

	/** In milliseconds since the epoch. Some drivers give a text for what may be too large for a number. */
	readonly expires_at: ColumnType<number | bigint | string, number, number>;

	/** As bytes, since databases trim, fold and refuse text, each in its own way. */
	readonly subject: Uint8Array | null;
	readonly data: Uint8Array;
};

export type NewRow = Insertable<Row>;

/** What `toRecord()` needs of a row, under names that no plugin writes another way. */
export const recordColumns = ['version', 'expires_at as expiry', 'subject', 'data'] as const;

type RecordRow = Pick<Row, 'version' | 'subject' | 'data'> & {readonly expiry: number | bigint | string};

/** All of a row but its key. */
export const toRow = ({bytes, expiresAt, subject}: SessionRecord, version: Version): Omit<NewRow, 'key'> => ({
	version: encodeVersion(version),
	expires_at: toExpiry(expiresAt),
	subject: subject === undefined ? null : Buffer.from(subject),
	// A copy, since the statement may have to wait for a connection.
	data: Buffer.from(bytes),
});

export const toRecord = ({version, expiry, subject, data}: RecordRow): VersionedRecord => ({
	version: decodeVersion(version),
	expiresAt: Number(expiry),
	bytes: toBuffer(data),
	subject: subject === null ? undefined : toBuffer(subject).toString(),
});

/** A whole number, which every driver can read again. What is beyond lives for 285,000 years anyway. */
export const toExpiry = (expiresAt: number): number =>
	Math.min(Math.max(Math.ceil(expiresAt), 0), Number.MAX_SAFE_INTEGER);

export const decodeVersion = (octets: Uint8Array): Version => toVersion(toBuffer(octets).toString('base64url'));

export const encodeVersion = (version: Version): Buffer => Buffer.from(version, 'base64url');

const toBuffer = ({buffer, byteOffset, byteLength}: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);
