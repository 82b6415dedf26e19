import type {Codec, Envelope} from '../codec.ts';
import {readEnvelope} from '../records/envelope.ts';
import {isTombstone, successorOf} from '../records/tombstone.ts';
import type {VersionedRecord} from '../store.ts';
import {handleIn} from './prefix-option.ts';

/** What can be said of a record without showing its data. Safe to print. */
export type Description = {
	readonly handle: string;

	/** `moved` and `ended`: what a regenerated or ended session leaves behind for a minute. */
	readonly state: 'session' | 'moved' | 'ended';

	/** The handle that the session has by now. */
	readonly successor?: string;
	readonly subject?: string;
	readonly expiresAt: Date;

	/** What is left until then, in milliseconds. */
	readonly remaining: number;

	/** The size of the record. */
	readonly bytes: number;

	/** The place of its codec in the application's list, from 1. */
	readonly codec?: number;

	/** What only the codec can tell: left out where it can't read the record. */
	readonly createdAt?: Date;
	readonly permanent?: boolean;
	readonly data?: Envelope['data'];
};

/** Describes a record that was found under a key. */
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

	const [place = 0] = bytes;
	return {...facts, state: 'session', codec: place, ...read(key, bytes, codec)};
};

const read = (key: string, bytes: Uint8Array, codec: Codec<Envelope>) => {
	try {
		const {createdAt, permanent, data} = readEnvelope(codec, bytes, key);
		return {createdAt: new Date(createdAt), permanent, data};
	} catch {
		// Another codec's, or another key's. What is wrong with the bytes may quote them.
		return {};
	}
};
