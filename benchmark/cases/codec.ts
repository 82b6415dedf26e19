import assert from 'node:assert/strict';
import {pack, unpack} from 'msgpackr';
import {codec as around, type Codec, type Envelope, open, type Passage, type Stored} from '../../source/codec.ts';
import {compress} from '../../source/codecs/compress.ts';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {json} from '../../source/codecs/json.ts';
import {msgpack} from '../../source/codecs/msgpack.ts';
import {cpuTime, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf} from '../report/terminal.ts';
import type {Limit, Result} from '../results.ts';
import {sessions} from '../sample-sessions.ts';
import {ratioOf, spreadOf} from '../statistics.ts';

/** The data of one round, in kB: some milliseconds of work. */
const kilobytesPerRound = 1000;

const context = {key: 'session:benchmark'};
const keys = ['an encryption key of 32 characters'];

/** Prepares a round trip of a session: it decodes the session, encodes it again, and returns what it decoded. */
type RoundTrip = (session: Envelope) => () => Envelope | undefined;

type CodecCase = {
	readonly title: string;
	readonly question: string;
	readonly ours: RoundTrip;
	readonly against: string;
	readonly theirs: RoundTrip;
	readonly limit?: Limit;
};

/** One passage: decode, lend, encode, compare. Nothing changes the session. */
const passages =
	(codec: Codec<Envelope>): RoundTrip =>
	session => {
		const stored = open(codec, undefined, context).close(session);
		assert.equal(pass(codec, stored).kept, stored, 'an unchanged session is not written');
		return () => pass(codec, stored).session;
	};

const pass = (codec: Codec<Envelope>, stored: Stored): {session: Envelope | undefined; kept: Stored} => {
	const passage = open(codec, stored, context);
	const {session} = passage;
	return {session, kept: passage.close(session)};
};

const cases: readonly CodecCase[] = [
	{
		title: 'json()',
		question: 'What does json() add to parsing and writing JSON?',
		ours: passages(json()),
		against: 'JSON.parse and JSON.stringify',
		theirs(session) {
			const text = JSON.stringify(session);
			return () => encoded(JSON.parse(text), JSON.stringify);
		},
		limit: {atMost: 1.5},
	},
	{
		title: 'msgpack()',
		question: 'What does msgpack() add to msgpackr?',
		ours: passages(msgpack()),
		against: 'unpack and pack',
		theirs(session) {
			const packed = Uint8Array.from(pack(session));
			// A new view each time: msgpackr is faster with memory it has seen, and a store never returns the same memory.
			return () => encoded(unpack(packed.subarray()), pack);
		},
		limit: {atMost: 1.25},
	},
	{
		title: 'json() and compress()',
		question: 'What does compression add to a session that is read?',
		ours: passages(around(json(), compress())),
		against: 'json()',
		theirs: passages(json()),
	},
	{
		title: 'json() and encrypt()',
		question: 'What does encryption add to a session that is read?',
		ours: passages(around(json(), encrypt(keys))),
		against: 'json()',
		theirs: passages(json()),
	},
	{
		title: 'msgpack() and compress()',
		question: 'What does compression add to a session that is read?',
		ours: passages(around(msgpack(), compress())),
		against: 'msgpack()',
		theirs: passages(msgpack()),
	},
	{
		title: 'msgpack() and encrypt()',
		question: 'What does encryption add to a session that is read?',
		ours: passages(around(msgpack(), encrypt(keys))),
		against: 'msgpack()',
		theirs: passages(msgpack()),
	},
];

const encoded = (session: Envelope, encode: (session: Envelope) => unknown): Envelope => {
	encode(session);
	return session;
};

/** A codec that does nothing, so that only the protocol costs anything. */
function* idle(stored: Stored): Passage<Envelope> {
	yield undefined;
	return stored;
}

async function* run(plan: Plan): AsyncGenerator<Result> {
	const rounds = plan.isQuick ? 5 : 41;
	for (const each of cases.filter(({title}) => isAsked(plan, title))) {
		for (const size of sessions) yield runCase(each, size, rounds);
	}
	if (isAsked(plan, 'protocol')) yield runProtocol(rounds);
}

const runCase = async (
	{title, question, limit, ...makers}: CodecCase,
	{size, session}: (typeof sessions)[number],
	rounds: number,
): Promise<Result> => {
	const roundTrips = {ours: makers.ours(session), theirs: makers.theirs(session)};
	// A wrong result may be fast.
	for (const roundTrip of Object.values(roundTrips)) assert.deepStrictEqual(roundTrip(), session);

	const times = Math.ceil(kilobytesPerRound / size);
	const {ours = [], theirs = []} = await takeTurns(
		{ours: measure(roundTrips.ours, times), theirs: measure(roundTrips.theirs, times)},
		rounds,
		progressOf(`codec ${title}`, rounds),
	);
	return {
		benchmark: 'codec',
		title: `${title}, ${size} kB`,
		question,
		unit: 'µs of CPU',
		measurements: [
			{name: title, value: spreadOf(ours)},
			{name: makers.against, value: spreadOf(theirs)},
		],
		comparisons: [{against: makers.against, value: ratioOf(ours, theirs), ...(limit && {limit})}],
	};
};

const runProtocol = async (rounds: number): Promise<Result> => {
	const {protocol = []} = await takeTurns({protocol: measure(() => pass(idle, undefined), 20_000)}, rounds);
	return {
		benchmark: 'codec',
		title: 'protocol',
		question: 'What does the codec protocol cost, with a codec that does nothing?',
		unit: 'µs of CPU',
		measurements: [{name: 'the protocol', value: spreadOf(protocol)}],
		comparisons: [{against: 'half a microsecond', value: spreadOf(protocol), unit: 'µs', limit: {atMost: 0.5}}],
	};
};

/** In microseconds of CPU time. */
const measure = (work: () => unknown, times: number) => async (): Promise<number> => {
	const before = cpuTime();
	for (let time = 0; time < times; time++) work();
	return (cpuTime() - before) / times;
};

/** `npm run benchmark -- codec`: what codecs cost, compared with the bare functions. */
export const codec: Benchmark = {name: 'codec', nodes: ['24'], run};
