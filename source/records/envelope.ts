import {type Binding, type Codec, type Envelope, type Flashes, type OpenPassage, open, type Stored} from '../codec.ts';
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
	const {createdAt, permanent, data, idleTimeout, absoluteTimeout, seenAt, flashes, binding} = (value ??
		{}) as Partial<Envelope>;
	const isSession = Number.isFinite(createdAt) && typeof permanent === 'boolean' && typeof data === 'object' && data;
	if (!isSession || (flashes !== undefined && !isFlashes(flashes))) return false;
	if (!isTimeout(idleTimeout) || !(absoluteTimeout === null || isTimeout(absoluteTimeout))) return false;
	if (seenAt !== undefined && !Number.isFinite(seenAt)) return false;
	return binding === undefined || isBinding(binding);
};

/** A length of time, or none. A codec may decode any value. */
const isTimeout = (value: number | undefined): boolean => value === undefined || (Number.isFinite(value) && value > 0);

const isFlashes = (value: unknown): value is Flashes =>
	typeof value === 'object' && value !== null && Object.values(value).every(Array.isArray);

/** A binding that can't be read must not count as none: the session would open without its device. */
const isBinding = (value: unknown): value is Binding => {
	const {key, since} = (value ?? {}) as Partial<Binding>;
	return typeof key === 'string' && (since === undefined || Number.isFinite(since));
};
