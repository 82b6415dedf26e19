import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {type Codec, open} from '../../../source/codec.ts';
import {codecList} from '../../../source/codecs/codec-list.ts';
import {json} from '../../../source/codecs/json.ts';
import {msgpack} from '../../../source/codecs/msgpack.ts';
import {SessionError} from '../../../source/errors.ts';
import {merge} from '../../../source/request/merge.ts';
import type {Envelope} from '../../../source/testing/index.ts';
import {runs} from '../runs.ts';

/** What a format writes before and after one item of a container. */
type Container = readonly [before: string, after: string];

/** How to write records by hand. */
export type HandWriting = {
	/** A record that has this as `data.a`. */
	readonly record: (value: string, isTagged: boolean) => Uint8Array;
	readonly containers: readonly Container[];
	/** Containers that are tags, in a record with tags. */
	readonly tags: readonly Container[];
	/** What may be inmost in any record. */
	readonly values: readonly string[];
	/** A tagged BigInt of these digits. */
	readonly bigInt: (digits: string) => string;
};

const context = {key: 'session:key'};

const decode = (codec: Codec<Envelope>, stored: Uint8Array): Envelope => {
	const passage = open(codec, stored, context);
	passage.abort();
	return passage.session as Envelope;
};

const isDecodable = (codec: Codec<Envelope>, stored: Uint8Array): boolean => {
	try {
		decode(codec, stored);
		return true;
	} catch (error) {
		assert.ok(error instanceof SessionError && error.code === 'ERR_SESSION_UNDECODABLE');
		return false;
	}
};

/** Each way in which a request comes to what it writes. */
const ways: Readonly<Record<string, (session: Envelope, readAgain: () => Envelope) => Envelope>> = {
	untouched: session => session,
	'read again': (_session, readAgain) => readAgain(),
	changed: session => ({...session, data: {...session.data, added: [1]}}),
	merged(session, readAgain) {
		const theirs = {...readAgain().data, theirs: 1};
		return {...session, data: merge(readAgain().data, theirs, {...session.data, mine: 1})};
	},
};

/** Checks that a record can be written again in each way, also by a newer codec. */
const assertRewritable = (codec: Codec<Envelope>, stored: Uint8Array): void => {
	const listed = Buffer.concat([Buffer.of(1), stored]);
	const moves = [json(), msgpack()].map(newest => [codecList([codec, newest]), listed] as const);
	for (const [reader, record] of [[codec, stored] as const, ...moves])
		for (const [way, change] of Object.entries(ways)) {
			const readAgain = () => decode(reader, record);
			const passage = open(reader, record, context);
			const kept = passage.close(change(passage.session as Envelope, readAgain));
			assert.ok(kept, way);
			assert.deepStrictEqual(decode(reader, kept), change(readAgain(), readAgain), way);
		}
};

const nest = (containers: readonly Container[], inmost: string): string =>
	[...containers.map(([before]) => before), inmost, ...containers.map(([, after]) => after).toReversed()].join('');

/** Tests that a codec encodes whatever it decodes, no matter what wrote it: its limits are the same for both. */
export const codecRewrites = (codec: Codec<Envelope>, hand: HandWriting): void => {
	const {record, containers, tags, values, bigInt} = hand;

	// The session and its data are two levels.
	for (const [kinds, isTagged] of [[containers, false] as const, [[...containers, ...tags], true] as const])
		test(`what is written by hand is read up to 128 levels ${isTagged ? 'with' : 'without'} tags, and written again`, t => {
			for (const kind of kinds)
				for (const value of values) {
					for (const levels of [125, 126]) {
						const stored = record(nest(Array(levels).fill(kind), value), isTagged);
						t.true(isDecodable(codec, stored), `${levels} times ${kind.join('…')}`);
						t.notThrows(() => assertRewritable(codec, stored));
					}
					for (const levels of [127, 128, 129, 1000]) {
						const stored = record(nest(Array(levels).fill(kind), value), isTagged);
						t.false(isDecodable(codec, stored), `${levels} times ${kind.join('…')}`);
					}
				}
		});

	test('what decodes is written again, at any depth around the limit, however it came to be', t => {
		const anyContainers = fc
			.integer({min: 118, max: 130})
			.chain(length =>
				fc.array(fc.constantFrom(...containers, ...tags), {minLength: length, maxLength: length, size: 'max'}),
			);
		let decoded = 0;
		fc.assert(
			fc.property(anyContainers, fc.constantFrom(...values), fc.boolean(), (nested, value, isTagged) => {
				const stored = record(nest(nested, value), isTagged);
				if (!isDecodable(codec, stored)) return;
				decoded++;
				assertRewritable(codec, stored);
			}),
			{numRuns: runs(100, 5000)},
		);
		t.true(decoded > 0);
	});

	test('what decodes is written again, however large it is', t => {
		const [[before, after] = ['', '']] = containers;
		for (const digits of ['9'.repeat(9999), '9'.repeat(10_000), `-${'9'.repeat(10_000)}`]) {
			const stored = record(`${before}${bigInt(digits)}${after}`, true);
			t.true(isDecodable(codec, stored), `${digits.length} digits`);
			t.notThrows(() => assertRewritable(codec, stored));
		}

		const tooLong = [`1${'0'.repeat(10_000)}`, `-1${'0'.repeat(10_000)}`, '9'.repeat(4_000_000)].map(digits =>
			record(`${before}${bigInt(digits)}${after}`, true),
		);
		const startedAt = process.threadCpuUsage();
		for (const stored of tooLong) t.false(isDecodable(codec, stored), `${stored.length} bytes`);
		// It would take two seconds and more to compute.
		t.true(process.threadCpuUsage(startedAt).user < 1_000_000);
	});
};
