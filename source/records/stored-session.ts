import type {Codec, Envelope, Flashes, OpenPassage, Stored} from '../codec.ts';
import {SessionError} from '../errors.ts';
import type {Data} from '../session.ts';
import type {VersionedRecord} from '../store.ts';
import {openEnvelope, readEnvelope} from './envelope.ts';

/** All that a session is, apart from its id and its expiry. */
export type State = {
	readonly createdAt: number;
	readonly permanent: boolean;
	readonly subject: string | undefined;
	readonly data: Data;
	readonly flashes?: Flashes | undefined;
};

/** A session as the store holds it, as far as this request knows. Never changes: a write makes a new one. */
export class StoredSession {
	readonly id: string;
	readonly key: string;
	readonly record: VersionedRecord;
	readonly #codec: Codec<Envelope>;
	#passage: OpenPassage<Envelope> | undefined;
	#lent: State | undefined;
	readonly #permanent: boolean | undefined;

	/** @param permanent Whether it is, where that is known without decoding. */
	constructor(codec: Codec<Envelope>, id: string, key: string, record: VersionedRecord, permanent?: boolean) {
		this.#codec = codec;
		this.id = id;
		this.key = key;
		this.record = record;
		this.#permanent = permanent;
	}

	/** Whether its cookie outlives the browser. */
	get permanent(): boolean {
		return this.#permanent ?? this.open().permanent;
	}

	/**
	Decodes it for a request; the codec's passage stays open until `encode()` or `abort()`. Twice gives the same objects.

	@throws Whatever the codec throws for bytes that it can't read.
	*/
	open(): State {
		if (this.#lent) return this.#lent;
		this.#passage = openEnvelope(this.#codec, this.record.bytes, this.key);
		this.#lent = this.#state(this.#passage.session as Envelope);
		return this.#lent;
	}

	/** Decodes it once more, into new objects, beside the passage that is open. */
	decode(): State {
		return this.#state(readEnvelope(this.#codec, this.record.bytes, this.key));
	}

	/** Encodes what a request made of it. The very bytes of the record: nothing changed. */
	encode(state: State): Stored {
		const passage = this.#passage ?? openEnvelope(this.#codec, this.record.bytes, this.key);
		this.#passage = undefined;
		return encodeThrough(passage, state);
	}

	/** Lets the codec clean up, where nothing is given back. Idempotent. */
	abort(): void {
		this.#passage?.abort();
		this.#passage = undefined;
	}

	#state({createdAt, permanent, data, flashes}: Envelope): State {
		return {createdAt, permanent, subject: this.record.subject, data, flashes};
	}
}

/** Encodes a session that isn't stored under this key yet. */
export const encodeNew = (codec: Codec<Envelope>, key: string, state: State): Stored =>
	encodeThrough(openEnvelope(codec, undefined, key), state);

const encodeThrough = (passage: OpenPassage<Envelope>, {createdAt, permanent, data, flashes}: State): Stored => {
	try {
		return passage.close(flashes ? {createdAt, permanent, data, flashes} : {createdAt, permanent, data});
	} catch (cause) {
		if (cause instanceof SessionError) throw cause;
		throw new SessionError('ERR_SESSION_NOT_ENCODABLE', 'The codec failed to encode the session. See `cause`', {cause});
	}
};
