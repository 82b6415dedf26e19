import assert from 'node:assert/strict';
import {setImmediate} from 'node:timers/promises';
import {inspect} from 'node:util';
import {getHeapStatistics} from 'node:v8';
import fc from 'fast-check';
import {open} from '../../../source/codec.ts';
import {SessionError} from '../../../source/errors.ts';
import {smallFixtures} from '../../../source/testing/codec/session-fixtures.ts';
import type {Envelope} from '../../../source/testing/index.ts';
import type {FuzzedCodec} from './fuzzed-codecs.ts';
import {badRecords} from './mutations.ts';

/** What came of all runs. */
export type FuzzReport = {
	readonly refused: number;
	readonly accepted: number;
	/** The most that one took, in milliseconds of CPU time. */
	readonly slowest: number;
	/** The most memory that one took, in bytes, on the heap and off. */
	readonly largest: number;
};

/** What one bad record may take: time of the CPU in milliseconds, and memory in bytes. */
const mostTime = 1000;
const mostMemory = 64 * 2 ** 20;

const context = {key: 'session:key'};

/** In each record, and must be in no message. */
const secret = 'correct horse battery staple';

const memory = (): number => {
	const {used_heap_size, external_memory} = getHeapStatistics();
	return used_heap_size + external_memory;
};

const prototypes = [Object, Array, Map, Set, Date, Uint8Array, Buffer, String, Function];
const members = () =>
	prototypes.flatMap(({prototype, name}) => Reflect.ownKeys(prototype).map(key => `${name} ${String(key)}`));

/**
Reads bad records. Each must be undecodable, or a session that can be stored and read again.

@throws AssertionError At the first record that does harm.
*/
export const readBadRecords = async (
	{codec, writers = [], fragments, isForgeryProof = false}: FuzzedCodec,
	runs: number,
	seed: number,
): Promise<FuzzReport> => {
	const encode = (session: Envelope, by = codec): Uint8Array =>
		open(by, undefined, context).close(session) as Uint8Array;

	const decode = (stored: Uint8Array): Envelope | undefined => {
		const passage = open(codec, stored, context);
		passage.abort();
		return passage.session;
	};

	const records = smallFixtures.flatMap(({session}) =>
		[codec, ...writers].map(writer => encode({...session, data: {secret, ...session.data}}, writer)),
	);
	const written = new Set(records.map(record => Buffer.from(record).toString('latin1')));

	const isRefused = (stored: Uint8Array): boolean => {
		let session: Envelope | undefined;
		try {
			session = decode(stored);
		} catch (error) {
			assert.ok(error instanceof SessionError && error.code === 'ERR_SESSION_UNDECODABLE', inspect(error));
			assert.ok(!`${error.message}${inspect(error.cause)}`.includes(secret.slice(0, 8)), 'an error quotes data');
			return true;
		}

		assert.ok(!isForgeryProof || written.has(Buffer.from(stored).toString('latin1')), 'a forgery is accepted');
		assert.ok(typeof session === 'object');
		assert.equal(Object.getPrototypeOf(session), Object.prototype);
		assert.deepStrictEqual(decode(encode(session)), session, 'what decodes can be stored and read again');
		return false;
	};

	const membersBefore = members();
	let refused = 0;
	let slowest = 0;
	let largest = 0;
	let memoryBefore = memory();
	let timeBefore = process.threadCpuUsage();
	let tried = 0;
	await fc.assert(
		fc.asyncProperty(badRecords(records, fragments), async stored => {
			if (isRefused(stored)) refused++;
			// What Node puts off until later, such as the end of a stream that failed, must have its turn.
			if (++tried % 100 === 0) await setImmediate();
			// Since the run before, including the making of this record: measuring more exactly would take more time.
			const [memoryAfter, timeAfter] = [memory(), process.threadCpuUsage()];
			largest = Math.max(largest, memoryAfter - memoryBefore);
			slowest = Math.max(slowest, (timeAfter.user + timeAfter.system - timeBefore.user - timeBefore.system) / 1000);
			[memoryBefore, timeBefore] = [memoryAfter, timeAfter];
		}),
		{numRuns: runs, seed},
	);

	assert.deepStrictEqual(members(), membersBefore, 'no prototype is changed');
	assert.ok(slowest < mostTime, `one took ${slowest} ms`);
	assert.ok(largest < mostMemory, `one took ${largest} bytes`);
	assert.ok(refused > 0, 'some are refused');
	return {refused, accepted: runs - refused, slowest, largest};
};
