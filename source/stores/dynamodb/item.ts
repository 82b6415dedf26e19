import type {AttributeValue} from '@aws-sdk/client-dynamodb';
import {type SessionRecord, toVersion, type Version, type VersionedRecord} from '../../store.ts';

/** What a table holds of a record. */
export type Item = Record<string, AttributeValue>;

/** The attributes of an item. `expires_at` is exact; DynamoDB's own sweeper wants whole seconds. */
export const attributes = {
	key: 'key',
	bytes: 'bytes',
	version: 'version',
	expiresAt: 'expires_at',
	expiresAtSeconds: 'expires_at_seconds',
	subject: 'subject',
} as const;

/** The last millisecond that a `Date` can be: numbers in a table are finite. */
const latest = 8.64e15;

const longestItem = 400 * 1024;
const longestKey = 250;
const versionLength = 11;
const longestNumber = 21;
/** 255 characters and the sign before them. */
const longestSubject = 3 * 255 + 1;

/** What is left for the bytes: an item counts with its names, and with everything that it holds. */
export const maxBytes: number =
	longestItem -
	Object.values(attributes).join('').length -
	(longestKey + versionLength + 2 * longestNumber + longestSubject);

/** The primary key of an item. */
export const encodeKey = (key: string): Item => ({[attributes.key]: {S: key}});

/** The key of an item. */
export const keyOf = (item: Item): string => item[attributes.key]?.S ?? '';

/** With a sign before it, since a key of an index can't be empty, and through UTF-8, which all that is sent must fit. */
export const encodeSubject = (subject: string): AttributeValue.SMember => ({S: `=${Buffer.from(subject)}`});

export const encodeNumber = (number: number): AttributeValue.NMember => ({N: String(Math.min(number, latest))});

/** Rounded up: the sweeper must not come early. */
export const encodeSeconds = (milliseconds: number): AttributeValue.NMember =>
	encodeNumber(Math.ceil(milliseconds / 1000));

/** Copies the bytes, since the caller may reuse them before they are sent. */
export const encodeItem = (key: string, {bytes, expiresAt, subject}: SessionRecord, version: Version): Item => ({
	...encodeKey(key),
	[attributes.bytes]: {B: Uint8Array.from(bytes)},
	[attributes.version]: {S: version},
	[attributes.expiresAt]: encodeNumber(expiresAt),
	[attributes.expiresAtSeconds]: encodeSeconds(expiresAt),
	...(subject !== undefined && {[attributes.subject]: encodeSubject(subject)}),
});

/** Reads an item; `undefined` if it isn't a session. */
export const decodeItem = (item: Item): VersionedRecord | undefined => {
	const bytes = item[attributes.bytes]?.B;
	const version = item[attributes.version]?.S;
	const expiresAt = item[attributes.expiresAt]?.N;
	const subject = item[attributes.subject]?.S;
	if (!bytes || version === undefined || expiresAt === undefined) return undefined;
	return {bytes, version: toVersion(version), expiresAt: Number(expiresAt), subject: subject?.slice(1)};
};
