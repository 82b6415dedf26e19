import type {Binding, Codec, Envelope, Flashes, OpenPassage, Stored} from '../codec.ts';
import {SessionError} from '../errors.ts';
import type {Data} from '../session.ts';
import type {SessionRecord, VersionedRecord} from '../store.ts';
import {type Claim, readClaim, withoutClaim} from './claim-bytes.ts';
import {openEnvelope, readEnvelope} from './envelope.ts';
import type {Lifetime} from './expiry.ts';

/** Everything about a session except its id and its expiry. */
export type State = Lifetime & {
	readonly permanent: boolean;
	readonly subject: string | undefined;
	readonly data: Data;
	readonly flashes?: Flashes | undefined;
	readonly binding?: Binding | undefined;
};

/** Whether there is anything to store. Unsetting what was never set is nothing. */
export const hasContent = ({subject, flashes, data}: Pick<State, 'subject' | 'flashes' | 'data'>): boolean =>
	subject !== undefined || flashes !== undefined || Object.values(data).some(value => value !== undefined);

/** A session as it was written, or why it wasn't. `conflict`: the record is at another version; `missing`: it isn't live. */
export type Written = StoredSession | 'conflict' | 'missing';

/** What is to be written of a session. */
export type Replacement = {
	readonly bytes: Uint8Array;
	readonly expiresAt: number;
	readonly state: State;

	/**
	Whether the write also fails if only the expiry has moved. A write that keeps the expiry always compares it.
	@default false
	*/
	readonly comparesExpiry?: boolean;
};

/**
A session as this request knows it from the store.

`id`, `key`, `record` and `claim` never change: a write makes another one. The codec's passage does change: `open()` starts it, and
the first `encode()` or `abort()` ends it. After that, `open()` still returns what it decoded, and `encode()` runs a passage
of its own.
*/
export class StoredSession {
	readonly id: string;
	readonly key: string;

	/** What is stored. A claim is no part of it. */
	readonly record: VersionedRecord;

	/** The claim in front of the bytes, if there is one. */
	readonly claim: Claim | undefined;

	/** When this process learned of it, in milliseconds since the epoch. */
	readonly knownAt: number = Date.now();

	readonly #codec: Codec<Envelope>;
	#passage: OpenPassage<Envelope> | undefined;
	#opened: State | undefined;
	readonly #facts: Facts | undefined;

	/** @param facts What is known of the session without decoding it. */
	constructor(codec: Codec<Envelope>, id: string, key: string, record: VersionedRecord, facts?: Facts) {
		this.#codec = codec;
		this.id = id;
		this.key = key;
		const {bytes} = record;
		this.claim = readClaim(bytes);
		this.record = this.claim ? {...record, bytes: withoutClaim(bytes)} : record;
		this.#facts = facts;
	}

	/** How long it lives, and whether its cookie outlives the browser. */
	get facts(): Facts {
		return this.#facts ?? this.open();
	}

	/**
	Decodes the session for a request. A second call returns the same objects.

	@throws The codec's error for bytes that it can't read.
	*/
	open(): State {
		if (this.#opened) return this.#opened;
		this.#passage = openEnvelope(this.#codec, this.record, this.key);
		this.#opened = this.#state(this.#passage.session as Envelope);
		return this.#opened;
	}

	/** Decodes the session again, into new objects. An open passage stays open. */
	decode(): State {
		return this.#state(readEnvelope(this.#codec, this.record, this.key));
	}

	/** Encodes a state that a request made from this session. The same bytes as the record's: nothing changed. */
	encode(state: State): Stored {
		const passage = this.#passage;
		this.#passage = undefined;
		return encodeThrough(() => passage ?? openEnvelope(this.#codec, this.record, this.key), state);
	}

	/** Another state of it, at the same version unless another one is given. What it decodes belongs to it alone. */
	with(record: SessionRecord & Partial<VersionedRecord>, facts: Facts): StoredSession {
		const {version} = this.record;
		return new StoredSession(this.#codec, this.id, this.key, {version, ...record}, facts);
	}

	/** Lets the codec clean up if nothing is to be encoded. Idempotent. */
	abort(): void {
		this.#passage?.abort();
		this.#passage = undefined;
	}

	#state(envelope: Envelope): State {
		const {createdAt, permanent, idleTimeout, seenAt, subject, data, flashes, binding} = envelope;
		const absoluteTimeout = envelope.absoluteTimeout === null ? Number.POSITIVE_INFINITY : envelope.absoluteTimeout;
		return {createdAt, permanent, idleTimeout, absoluteTimeout, seenAt, subject, data, flashes, binding};
	}
}

/** What a request asks about a session that it has just written. */
export type Facts = Lifetime & Pick<State, 'permanent'>;

/** Encodes a session that isn't stored under this key yet. */
export const encodeNew = (codec: Codec<Envelope>, key: string, state: State): Stored =>
	encodeThrough(() => openEnvelope(codec, undefined, key), state);

const encodeThrough = (open: () => OpenPassage<Envelope>, state: State): Stored => {
	try {
		return open().close(toEnvelope(state));
	} catch (cause) {
		if (cause instanceof SessionError) throw cause;
		throw new SessionError('ERR_SESSION_NOT_ENCODABLE', 'The codec failed to encode the session. See `cause`', {cause});
	}
};

/** Leaves out what a session doesn't have: most have nothing besides their data. Infinity is `null`, as in JSON. */
const toEnvelope = (state: State): Envelope => {
	const {createdAt, permanent, idleTimeout, absoluteTimeout, seenAt, subject, data, flashes, binding} = state;
	const envelope: {-readonly [Name in keyof Envelope]: Envelope[Name]} = {createdAt, permanent, data};
	if (subject !== undefined) envelope.subject = subject;
	if (flashes) envelope.flashes = flashes;
	if (binding) envelope.binding = binding;
	if (idleTimeout !== undefined) envelope.idleTimeout = idleTimeout;
	if (absoluteTimeout !== undefined)
		envelope.absoluteTimeout = Number.isFinite(absoluteTimeout) ? absoluteTimeout : null;
	if (seenAt !== undefined) envelope.seenAt = seenAt;
	return envelope;
};
