import {type Codec, type Envelope, type Flashes, type OpenPassage, open, type Stored} from '../codec.ts';
import {SessionError} from '../errors.ts';

/**
Opens a record for a request, and checks that it holds a session.

@throws The codec's error, or `SessionError` `ERR_SESSION_UNDECODABLE` if the codec lends something else.
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
	const {createdAt, permanent, data, idleTimeout, absoluteTimeout, flashes} = (value ?? {}) as Partial<Envelope>;
	const isSession = Number.isFinite(createdAt) && typeof permanent === 'boolean' && typeof data === 'object' && data;
	const hasTimeouts = isTimeout(idleTimeout) && (absoluteTimeout === null || isTimeout(absoluteTimeout));
	return Boolean(isSession) && hasTimeouts && (flashes === undefined || isFlashes(flashes));
};

/** A length of time, or none. A codec may decode any value. */
const isTimeout = (value: number | undefined): boolean => value === undefined || (Number.isFinite(value) && value > 0);

const isFlashes = (value: unknown): value is Flashes =>
	typeof value === 'object' && value !== null && Object.values(value).every(Array.isArray);
