import type {Codec, Envelope} from '../codec.ts';
import {withoutClaim} from '../records/claim-bytes.ts';
import {readEnvelope} from '../records/envelope.ts';
import {isTombstone, successorOf} from '../records/tombstone.ts';
import type {VersionedRecord} from '../store.ts';
import {handleIn} from './prefix-option.ts';

/** What a record shows without its data. Safe to print. */
export type Description = {
	readonly handle: string;

	/** `moved` and `ended`: the tombstone of a session that was regenerated or destroyed. */
	readonly state: 'session' | 'moved' | 'ended';

	/** The handle of the session that it was regenerated to. */
	readonly successor?: string;
	readonly subject?: string;
	readonly expiresAt: Date;

	/** Milliseconds until then. */
	readonly remaining: number;

	/** The size of the record, in bytes. */
	readonly bytes: number;

	/** The position of its codec in the application's list, from 1. */
	readonly codec?: number;

	/** This and what follows is missing if the codec can't read the record. */
	readonly createdAt?: Date;
	readonly permanent?: boolean;

	/** The session's own timeouts, in milliseconds. */
	readonly idleTimeout?: number;
	readonly absoluteTimeout?: number | null;
	readonly data?: Envelope['data'];
};

/** Describes the record of a key. */
export const describe = (
	key: string,
	{bytes, expiresAt, subject}: VersionedRecord,
	prefix: string,
	codec: Codec<Envelope>,
): Description => {
	const facts = {
		handle: handleIn(key, prefix) ?? '',
		...(subject !== undefined && {subject}),
		expiresAt: new Date(expiresAt),
		remaining: Math.max(0, Math.round(expiresAt - Date.now())),
		bytes: bytes.length,
	};
	if (isTombstone(bytes)) {
		const successor = handleIn(successorOf(bytes) ?? '', prefix);
		return successor === undefined ? {...facts, state: 'ended'} : {...facts, state: 'moved', successor};
	}

	const frame = withoutClaim(bytes);
	const [place = 0] = frame;
	return {...facts, state: 'session', codec: place, ...read(key, {bytes: frame, subject}, codec)};
};

const read = (key: string, record: Pick<VersionedRecord, 'bytes' | 'subject'>, codec: Codec<Envelope>) => {
	try {
		const {createdAt, permanent, idleTimeout, absoluteTimeout, data} = readEnvelope(codec, record, key);
		const timeouts = {
			...(idleTimeout !== undefined && {idleTimeout}),
			...(absoluteTimeout !== undefined && {absoluteTimeout}),
		};
		return {createdAt: new Date(createdAt), permanent, ...timeouts, data};
	} catch {
		// Written by another codec, with another key or for another subject. The error may quote the bytes, so it isn't shown.
		return {};
	}
};
