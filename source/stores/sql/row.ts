import type {ColumnType, Insertable} from 'kysely';
import {type SessionRecord, toVersion, type Version, type VersionedRecord} from '../../store.ts';
import {readNumber, unreadable} from './reply.ts';

/** A row of the table of sessions, as drivers give and take it. */
export type Row = {
	readonly key: string;

	/** The 8 octets that the characters of a version encode. */
	readonly version: Uint8Array;

	/** In milliseconds since the epoch. Some drivers return a string for what may be too large for a number. */
	readonly expires_at: ColumnType<number | bigint | string, number, number>;

	/** As bytes, because each database trims, folds or refuses text in a different way. */
	readonly subject: Uint8Array | null;
	readonly data: Uint8Array;
};

export type NewRow = Insertable<Row>;

/** All of a row but its key. */
export const toRow = ({bytes, expiresAt, subject}: SessionRecord, version: Version): Omit<NewRow, 'key'> => ({
	version: encodeVersion(version),
	expires_at: toExpiry(expiresAt),
	subject: subject === undefined ? null : Buffer.from(subject),
	// A copy, since the statement may have to wait for a connection.
	data: Buffer.from(bytes),
});

/** Reads the values of `version`, `expires_at`, `subject` and `data`. */
export const toRecord = (
	[version, expiry, subject, data]: readonly unknown[],
	readBytes: (value: unknown) => Buffer,
): VersionedRecord => ({
	version: decodeVersion(readBytes(version)),
	expiresAt: readNumber(expiry),
	subject: subject === null ? undefined : readBytes(subject).toString(),
	bytes: readBytes(data),
});

/** A whole number that every driver can read back. The largest is 285,000 years away. */
export const toExpiry = (expiresAt: number): number =>
	Math.min(Math.max(Math.ceil(expiresAt), 0), Number.MAX_SAFE_INTEGER);

/** The version that 8 octets encode. Any other number of them is none that was written. */
export const decodeVersion = (octets: Buffer): Version => {
	if (octets.length !== versionLength) throw unreadable();
	return toVersion(octets.toString('base64url'));
};

export const encodeVersion = (version: Version): Buffer => Buffer.from(version, 'base64url');

const versionLength = 8;
