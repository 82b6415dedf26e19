import type {AttributeValue} from '@aws-sdk/client-dynamodb';
import {SessionError} from '../../errors.ts';
import {type SessionRecord, toVersion, type Version, type VersionedRecord} from '../../store.ts';

/** A record as a table holds it. */
export type Item = Record<string, AttributeValue>;

/** The attributes of an item. `expires_at` is exact; DynamoDB's sweeper needs whole seconds. */
export const attributes = {
	key: 'key',
	bytes: 'bytes',
	version: 'version',
	expiresAt: 'expires_at',
	expiresAtSeconds: 'expires_at_seconds',
	subject: 'subject',
} as const;

/** The last millisecond of a `Date`: numbers in a table are finite. */
const latest = 8.64e15;

const longestItem = 400 * 1024;
const longestKey = 250;
const versionLength = 11;
const longestNumber = 21;
/** 255 characters and the sign before them. */
const longestSubject = 3 * 255 + 1;

/** What is left for the bytes: the names and values of an item count as well. */
export const maxBytes: number =
	longestItem -
	Object.values(attributes).join('').length -
	(longestKey + versionLength + 2 * longestNumber + longestSubject);

/** The primary key of an item. */
export const encodeKey = (key: string): Item => ({[attributes.key]: {S: key}});

/** The key of an item. @throws SessionError As `decodeItem()`. */
export const keyOf = (item: Item): string => checkForm(item);

/** Every item has its key, which is a string. */
const checkForm = (item: Item): string => {
	const key = item[attributes.key]?.S;
	if (typeof key === 'string') return key;
	throw new SessionError(
		'ERR_SESSION_STORE',
		'The client returned an item of DynamoDB in another form than the service sends. Pass in a plain `DynamoDBClient` of `@aws-sdk/client-dynamodb` 3, or a URL',
	);
};

/** With a sign before it, because a key of an index can't be empty, and through UTF-8, because everything sent must be valid UTF-8. */
export const encodeSubject = (subject: string): AttributeValue.SMember => ({S: `=${Buffer.from(subject)}`});

export const encodeNumber = (number: number): AttributeValue.NMember => ({N: String(Math.min(number, latest))});

/** Rounded up: the sweeper must not come early. */
export const encodeSeconds = (milliseconds: number): AttributeValue.NMember =>
	encodeNumber(Math.ceil(milliseconds / 1000));

/** Copies the bytes, because the caller may reuse them before they are sent. */
export const encodeItem = (key: string, {bytes, expiresAt, subject}: SessionRecord, version: Version): Item => ({
	...encodeKey(key),
	[attributes.bytes]: {B: Uint8Array.from(bytes)},
	[attributes.version]: {S: version},
	[attributes.expiresAt]: encodeNumber(expiresAt),
	[attributes.expiresAtSeconds]: encodeSeconds(expiresAt),
	...(subject !== undefined && {[attributes.subject]: encodeSubject(subject)}),
});

/**
Decodes an item; `undefined` if it isn't a record.

@throws SessionError If the client didn't return it as DynamoDB sends it: then nobody knows whether it is a record.
*/
export const decodeItem = (item: Item): VersionedRecord | undefined => {
	checkForm(item);
	const bytes = item[attributes.bytes]?.B;
	const version = item[attributes.version]?.S;
	const expiresAt = item[attributes.expiresAt]?.N;
	const subject = item[attributes.subject]?.S;
	if (!(bytes instanceof Uint8Array) || version === undefined || expiresAt === undefined) return undefined;
	return {bytes, version: toVersion(version), expiresAt: Number(expiresAt), subject: subject?.slice(1)};
};
