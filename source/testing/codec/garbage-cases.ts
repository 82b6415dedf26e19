import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import {type Codec, open} from '../../codec.ts';
import type {CodecCase, Envelope} from './codec-case.ts';
import {context, decode, encode, envelope, secret} from './codec-fixtures.ts';

/** A session with something of each kind. */
const rich = envelope({secret, at: new Date(1), map: new Map([[secret, new Set([1n])]]), list: [secret, undefined]});

/** The error for bytes that aren't a session. */
const errorOf = (codec: Codec<Envelope>, stored: Uint8Array): Error => {
	let error: unknown;
	try {
		open(codec, stored, context).abort();
	} catch (thrown) {
		error = thrown;
	}
	assert.ok(error instanceof Error, `${stored.length} bytes of garbage are refused before the yield`);
	return error;
};

const assertUndecodable = (codec: Codec<Envelope>, stored: Uint8Array): void => {
	const error = errorOf(codec, stored);
	assert.equal('code' in error && error.code, 'ERR_SESSION_UNDECODABLE');
};

/** What bytes decode to. `undefined`: they are undecodable. */
const decodeIfFit = (codec: Codec<Envelope>, stored: Uint8Array): Envelope | undefined => {
	try {
		return decode(codec, stored);
	} catch (error) {
		assert.equal((error as {code?: unknown}).code, 'ERR_SESSION_UNDECODABLE');
		return undefined;
	}
};

/** A record, cut off at each place. */
const beginnings = (stored: Uint8Array): Uint8Array[] =>
	Array.from({length: stored.length}, (_, length) => stored.slice(0, length));

/** A codec refuses bytes that it can't read before the `yield`. Then there is no session, and the request goes on. */
export const garbageCases: readonly CodecCase[] = [
	{
		title: 'an empty record is undecodable',
		run(codec) {
			assertUndecodable(codec, new Uint8Array());
		},
	},
	{
		title: 'foreign bytes are undecodable',
		run(codec) {
			for (const octet of [0x00, 0x20, 0xc1, 0xff]) assertUndecodable(codec, new Uint8Array(64).fill(octet));
		},
	},
	{
		title: 'a record cut off anywhere is undecodable',
		run(codec) {
			for (const beginning of beginnings(encode(codec, rich))) assertUndecodable(codec, beginning);
		},
	},
	{
		title: 'a record with any bit changed is undecodable, or another session that can be stored, and nothing worse',
		run(codec) {
			const stored = encode(codec, rich);
			for (let bit = 0; bit < 8 * stored.length; bit++) {
				const changed = Uint8Array.from(stored);
				changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				const session = decodeIfFit(codec, changed);
				if (session) assert.deepStrictEqual(decode(codec, encode(codec, session)), session);
			}
		},
	},
	{
		title: 'the error for an undecodable record quotes no data',
		run(codec) {
			for (const beginning of beginnings(encode(codec, rich))) {
				const shown = inspect(errorOf(codec, beginning), {depth: 10});
				assert.ok(!shown.includes(secret.slice(0, 8)), 'neither the error nor its cause holds data');
			}
		},
	},
];
