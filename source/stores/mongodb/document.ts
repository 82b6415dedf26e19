import {type SessionRecord, toVersion, type Version, type VersionedRecord} from '../../store.ts';
import {drawVersion} from '../shared/version.ts';
import type {Query} from './collection.ts';

/** A record as MongoDB keeps it. */
export type SessionDocument = {
	readonly _id: string;
	readonly bytes: Uint8Array;
	readonly version: Version;
	/** A date, for the index by which MongoDB expires records. */
	readonly expiresAt: Date;
	readonly subject?: string;
};

/** Makes a new state of a record, with a version of its own. */
export const toDocument = (key: string, {bytes, expiresAt, subject}: SessionRecord): SessionDocument => ({
	_id: key,
	// A copy, for the driver may wait for a connection before it looks.
	bytes: Buffer.from(bytes),
	version: drawVersion(),
	expiresAt: toDate(expiresAt),
	...(subject !== undefined && {subject}),
});

/** Reads a document; `undefined` if it isn't a session. */
export const toRecord = ({bytes, version, expiresAt, subject}: Query): VersionedRecord | undefined => {
	if (!(bytes instanceof Uint8Array && typeof version === 'string' && expiresAt instanceof Date)) return undefined;
	return {
		// What the driver gives lies in a buffer that it read from the socket, many times as large.
		bytes: Buffer.from(bytes),
		version: toVersion(version),
		expiresAt: expiresAt.getTime(),
		subject: typeof subject === 'string' ? subject : undefined,
	};
};

/** Matches a key's record unless it has ended. */
export const live = (key: string): Query => ({_id: key, expiresAt: {$gt: now()}});

/** Matches whatever has ended. */
export const ended = (): Query => ({expiresAt: {$lte: now()}});

/** Tells whether a document hasn't ended, as `live()` does. */
export const isLive = ({expiresAt}: Query): boolean => expiresAt instanceof Date && expiresAt > now();

/** The nearest that a `Date` can say: from 1970, before which everything has ended, to the year 275760. */
export const toDate = (expiresAt: number): Date => new Date(Math.min(Math.max(expiresAt, 0), 8.64e15));

const now = (): Date => new Date(Date.now());
