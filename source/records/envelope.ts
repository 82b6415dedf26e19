import {type Binding, type Codec, type Envelope, type Flashes, type OpenPassage, open} from '../codec.ts';
import {SessionError} from '../errors.ts';
import type {SessionRecord} from '../store.ts';

/** What can be decoded of a record. */
type Content = Pick<SessionRecord, 'bytes' | 'subject'>;

/** Otherwise someone who can write to the store could make a session another user's, even an encrypted one. */
const otherSubject =
	'Expected a record whose subject is the one in its bytes, got another. Change a subject only by `ctx.session` or `sessions.update()`';

/**
Opens a record for a request, and checks that it holds a session.

@throws The codec's error, or `SessionError` `ERR_SESSION_UNDECODABLE` if the codec yields something else.
*/
export const openEnvelope = (
	codec: Codec<Envelope>,
	record: Content | undefined,
	key: string,
): OpenPassage<Envelope> => {
	const passage = open(codec, record?.bytes, {key});
	if (!record) return passage;

	const {session} = passage;
	if (isEnvelope(session) && session.subject === record.subject) return passage;

	passage.abort();
	if (isEnvelope(session)) throw new SessionError('ERR_SESSION_UNDECODABLE', otherSubject);
	throw new SessionError('ERR_SESSION_UNDECODABLE', 'Expected the codec to yield a session, got something else');
};

/** Decodes a record without keeping it open. Each call makes new objects. */
export const readEnvelope = (codec: Codec<Envelope>, record: Content, key: string): Envelope => {
	const passage = openEnvelope(codec, record, key);
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
