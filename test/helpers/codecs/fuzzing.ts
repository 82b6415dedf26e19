/** `node fuzzing.ts <codec> <runs> <seed>`: reads bad records, and sends what it took. Fails at the first that does harm. */
import assert from 'node:assert/strict';
import {setImmediate} from 'node:timers/promises';
import {inspect} from 'node:util';
import {getHeapStatistics} from 'node:v8';
import fc from 'fast-check';
import {open} from '../../../source/codec.ts';
import {SessionError} from '../../../source/errors.ts';
import {type Envelope, sessionFixtures} from '../../../source/testing/index.ts';
import {fuzzFaults} from '../faults/fuzz-faults.ts';
import {fuzzedCodecs} from './fuzzed-codecs.ts';
import {badRecords} from './mutations.ts';

/** What came of all runs. */
export type FuzzReport = {
	readonly refused: number;
	readonly lent: number;
	/** The most that one took, in milliseconds of CPU time. */
	readonly slowest: number;
	/** The most memory that one took, in bytes, on the heap and off. */
	readonly largest: number;
};

const [name = '', runs, seed] = process.argv.slice(2);
const fuzzed = {...fuzzedCodecs, ...fuzzFaults}[name];
if (!fuzzed) throw new TypeError(`Expected a codec of \`fuzzed-codecs.ts\`, got ${name}`);

const {codec, writers = [], fragments, isForgeryProof = false} = fuzzed;
const context = {key: 'session:key'};

/** Stands in each record, and must stand in no message. */
const secret = 'correct horse battery staple';

const encode = (session: unknown, by = codec): Uint8Array =>
	open(by, undefined, context).close(session as Envelope) as Uint8Array;

const lend = (stored: Uint8Array): Envelope | undefined => {
	const passage = open(codec, stored, context);
	passage.abort();
	return passage.session;
};

/** They would only be slower to try. */
const large = ['a megabyte', 'lengths at their limits'];

const records = sessionFixtures
	.filter(({name}) => !large.includes(name))
	.flatMap(({session}) =>
		[codec, ...writers].map(writer => encode({...session, data: {secret, ...session.data}}, writer)),
	);
const written = new Set(records.map(record => Buffer.from(record).toString('latin1')));

const memory = (): number => {
	const {used_heap_size, external_memory} = getHeapStatistics();
	return used_heap_size + external_memory;
};

const prototypes = [Object, Array, Map, Set, Date, Uint8Array, Buffer, String, Function];
const members = () =>
	prototypes.flatMap(({prototype, name}) => Reflect.ownKeys(prototype).map(key => `${name} ${String(key)}`));
const before = members();

const isRefused = (stored: Uint8Array): boolean => {
	let session: Envelope | undefined;
	try {
		session = lend(stored);
	} catch (error) {
		assert.ok(error instanceof SessionError && error.code === 'ERR_SESSION_UNDECODABLE', inspect(error));
		assert.ok(!`${error.message}${inspect(error.cause)}`.includes(secret.slice(0, 8)), 'an error quotes data');
		return true;
	}

	assert.ok(!isForgeryProof || written.has(Buffer.from(stored).toString('latin1')), 'a forgery is accepted');
	assert.ok(typeof session === 'object');
	assert.equal(Object.getPrototypeOf(session), Object.prototype);
	assert.deepStrictEqual(lend(encode(session)), session, 'what is lent can be stored and read again');
	return false;
};

// Most runs make an error, and their stacks would take most of the time.
Error.stackTraceLimit = 0;

let refused = 0;
let slowest = 0;
let largest = 0;
let memoryBefore = memory();
let timeBefore = process.cpuUsage();
let tried = 0;
await fc.assert(
	fc.asyncProperty(badRecords(records, fragments), async stored => {
		if (isRefused(stored)) refused++;
		// What Node puts off until later, as the end of a stream that failed, must come to it.
		if (++tried % 100 === 0) await setImmediate();
		// Since the run before, with the making of this one: it's less, and measuring takes time too.
		const [memoryAfter, timeAfter] = [memory(), process.cpuUsage()];
		largest = Math.max(largest, memoryAfter - memoryBefore);
		slowest = Math.max(slowest, (timeAfter.user + timeAfter.system - timeBefore.user - timeBefore.system) / 1000);
		[memoryBefore, timeBefore] = [memoryAfter, timeAfter];
	}),
	{numRuns: Number(runs), seed: Number(seed)},
);

assert.deepStrictEqual(members(), before, 'no prototype is changed');
const report: FuzzReport = {refused, lent: Number(runs) - refused, slowest, largest};
process.send?.(report);
