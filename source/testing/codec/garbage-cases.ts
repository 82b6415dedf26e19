import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import {type Codec, open} from '../../codec.ts';
import type {CodecCase, Envelope} from './codec-case.ts';
import {context, encode, envelope, secret} from './codec-fixtures.ts';

/** A record with something of each kind. */
const rich = envelope({secret, at: new Date(1), map: new Map([[secret, new Set([1n])]]), list: [secret, undefined]});

/** Opens bytes that aren't a session; gives the error. */
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

/** Everything that a record begins with. */
const beginnings = (stored: Uint8Array): Uint8Array[] =>
	Array.from({length: stored.length}, (_, length) => stored.slice(0, length));

/** Bytes that a codec can't read, it says before the `yield`: then there is no session, and the request goes on. */
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
		title: 'a record with any bit changed is undecodable, or another session, and nothing worse',
		run(codec) {
			const stored = encode(codec, rich);
			for (let bit = 0; bit < 8 * stored.length; bit++) {
				const changed = Uint8Array.from(stored);
				changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				try {
					const passage = open(codec, changed, context);
					passage.abort();
					assert.equal(typeof passage.session, 'object');
				} catch (error) {
					assert.equal((error as {code?: unknown}).code, 'ERR_SESSION_UNDECODABLE');
				}
			}
		},
	},
	{
		title: 'the error for an undecodable record quotes no data',
		run(codec) {
			for (const beginning of beginnings(encode(codec, rich))) {
				const told = inspect(errorOf(codec, beginning), {depth: 10});
				assert.ok(!told.includes(secret.slice(0, 8)), 'neither the error nor its cause holds data');
			}
		},
	},
];
