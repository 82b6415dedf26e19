import assert from 'node:assert/strict';
import {pack, unpack} from 'msgpackr';
import {type Codec, open, type Passage, type Stored} from '../source/codec.ts';
import {json} from '../source/codecs/json.ts';
import {msgpack} from '../source/codecs/msgpack.ts';
import {compare, printComparison, quantile} from './comparison.ts';
import {type Envelope, sessions} from './sessions.ts';

const rounds = 61;

/** How much data a round takes, in bytes: some milliseconds of work. */
const bytesARound = 1_000_000;

const context = {key: 'session:benchmark'};

/** A codec, and the same work without it. */
type Contest = {
	readonly title: string;
	readonly codec: Codec<Envelope>;
	/** Makes the rival's round trip of a session; it gives the session that it encoded. */
	readonly rival: (session: Envelope) => () => Envelope;
	readonly target?: number;
};

const contests: readonly Contest[] = [
	{
		title: 'json() against JSON.parse and JSON.stringify',
		codec: json(),
		rival(session) {
			const text = JSON.stringify(session);
			return () => encoded(JSON.parse(text), JSON.stringify);
		},
		target: 1.5,
	},
	{
		title: 'msgpack() against unpack and pack of msgpackr',
		codec: msgpack(),
		rival(session) {
			const packed = Uint8Array.from(pack(session));
			return () => encoded(unpack(packed), pack);
		},
		target: 1.25,
	},
];

const encoded = (session: Envelope, encode: (session: Envelope) => unknown): Envelope => {
	encode(session);
	return session;
};

/** What a passage costs: decode, lend, encode, compare. Sessions are plain data, and nothing changes them. */
const run = async (): Promise<void> => {
	for (const {title, codec, rival, target} of contests)
		for (const {size, session} of sessions) {
			const stored = open(codec, undefined, context).close(session);
			const ours = () => pass(codec, stored);
			const theirs = rival(session);

			// A wrong result may be fast.
			assert.equal(ours(), stored);
			assert.deepStrictEqual(open(codec, stored, context).session, session);
			assert.deepStrictEqual(theirs(), session);

			const times = Math.ceil(bytesARound / (size * 1000));
			const comparison = await compare(measure(ours, times), measure(theirs, times), rounds);
			printComparison(`${title}, ${size} kB`, 'µs of CPU', comparison, target);
		}

	const stored = new Uint8Array(200);
	const protocol = await compare(
		measure(() => pass(idle, stored), 20_000),
		async () => 1,
		rounds,
	);
	console.log(`the protocol alone\n  ${quantile(protocol.ours, 0.5).toFixed(2)} µs of CPU, target: less than 0.5`);
};

const pass = (codec: Codec<Envelope>, stored: Stored): Stored => {
	const passage = open(codec, stored, context);
	return passage.close(passage.session);
};

function* idle(stored: Stored): Passage<Envelope> {
	yield undefined;
	return stored;
}

/** CPU time, so that what else the machine does counts less. */
const measure = (work: () => unknown, times: number) => async (): Promise<number> => {
	const before = process.cpuUsage();
	for (let time = 0; time < times; time++) work();
	const {user, system} = process.cpuUsage(before);
	return (user + system) / times;
};

/** `npm run benchmark -- codec` */
export const codec = {name: 'codec', run};
