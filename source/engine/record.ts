import {type Codec, type Envelope, type OpenPassage, open, type Stored} from '../codec.ts';
import {SessionError} from '../errors.ts';
import type {StoredRecord} from '../store.ts';
import {isFlashes} from './flashes.ts';

/** Application data of a session. */
export type Data = Record<string, unknown>;

/** How long a tombstone answers for a regenerated id, in milliseconds: longer than any request that used the old one. */
export const tombstoneLife = 60_000;

const tombstoneMark = 0;

/** Makes the bytes of a tombstone: under an id that moved to `successor`'s key, or that was ended. */
export const tombstone = (successor = ''): Uint8Array =>
	Buffer.from(`${String.fromCharCode(tombstoneMark)}${successor}`);

/** Tells whether bytes are a tombstone's. */
export const isTombstone = (bytes: Uint8Array): boolean => bytes[0] === tombstoneMark;

/** Tells whether a record is that of a live session, as far as it can be told without decoding. */
export const isLive = (record: StoredRecord | undefined): boolean =>
	record !== undefined && record.expiresAt > Date.now() && !isTombstone(record.bytes);

/** The key to which a tombstone points; `undefined` if its session was ended. */
export const successorOf = (bytes: Uint8Array): string | undefined =>
	Buffer.from(bytes).toString('utf8', 1) || undefined;

/**
Opens a record for a request and makes sure that it holds a session.

@throws Whatever the codec throws, and `SessionError` `ERR_SESSION_UNDECODABLE` if it lends something else.
*/
export const openEnvelope = (codec: Codec<Envelope>, bytes: Stored, key: string): OpenPassage<Envelope> => {
	const passage = open(codec, bytes, {key});
	if (bytes === undefined || isEnvelope(passage.session)) return passage;

	passage.abort();
	throw new SessionError('ERR_SESSION_UNDECODABLE', 'Expected the codec to lend a session, but it lent something else');
};

/** Decodes a record without keeping it open. Each call makes new objects. */
export const readEnvelope = (codec: Codec<Envelope>, bytes: Uint8Array, key: string): Envelope => {
	const passage = openEnvelope(codec, bytes, key);
	passage.abort();
	return passage.session as Envelope;
};

const isEnvelope = (value: unknown): value is Envelope => {
	const {createdAt, permanent, data, flashes} = (value ?? {}) as Partial<Envelope>;
	const isSession = Number.isFinite(createdAt) && typeof permanent === 'boolean' && typeof data === 'object' && data;
	return Boolean(isSession) && (flashes === undefined || isFlashes(flashes));
};
