import assert from 'node:assert/strict';
import {pack, unpack} from 'msgpackr';
import {codec as around, type Codec, type Envelope, open, type Passage, type Stored} from '../source/codec.ts';
import {compress} from '../source/codecs/compress.ts';
import {encrypt} from '../source/codecs/encrypt.ts';
import {json} from '../source/codecs/json.ts';
import {msgpack} from '../source/codecs/msgpack.ts';
import {quantile} from './quantile.ts';
import {ratioOf} from './ratio.ts';
import {sessions} from './sessions.ts';
import {takeTurns} from './turns.ts';

const rounds = 61;

/** How much data a round takes, in kB: some milliseconds of work. */
const kilobytesARound = 1000;

const context = {key: 'session:benchmark'};
const keys = ['an encryption key of 32 characters'];

/** Makes a round trip of a session, which decodes it, encodes what it decoded, and gives that. */
type RoundTrip = (session: Envelope) => () => Envelope | undefined;

type CodecCase = {
	readonly title: string;
	readonly ours: RoundTrip;
	readonly theirs: RoundTrip;
	/** The most that the ratio may be. */
	readonly target?: number;
};

/** What a passage costs: decode, lend, encode, compare. Nothing changes the session. */
const passages =
	(codec: Codec<Envelope>): RoundTrip =>
	session => {
		const stored = open(codec, undefined, context).close(session);
		assert.equal(pass(codec, stored).kept, stored, 'what is unchanged is not written');
		return () => pass(codec, stored).session;
	};

const pass = (codec: Codec<Envelope>, stored: Stored): {session: Envelope | undefined; kept: Stored} => {
	const {session, close} = open(codec, stored, context);
	return {session, kept: close(session)};
};

const cases: readonly CodecCase[] = [
	{
		title: 'json() against JSON.parse and JSON.stringify',
		ours: passages(json()),
		theirs(session) {
			const text = JSON.stringify(session);
			return () => encoded(JSON.parse(text), JSON.stringify);
		},
		target: 1.5,
	},
	{
		title: 'msgpack() against unpack and pack of msgpackr',
		ours: passages(msgpack()),
		theirs(session) {
			const packed = Uint8Array.from(pack(session));
			// A view, since msgpackr reads faster what it has read before, and no store gives the same memory twice.
			return () => encoded(unpack(packed.subarray()), pack);
		},
		target: 1.25,
	},
	{
		title: 'compress() around json(), against json()',
		ours: passages(around(json(), compress())),
		theirs: passages(json()),
	},
	{
		title: 'encrypt() around json(), against json()',
		ours: passages(around(json(), encrypt(keys))),
		theirs: passages(json()),
	},
];

const encoded = (session: Envelope, encode: (session: Envelope) => unknown): Envelope => {
	encode(session);
	return session;
};

/** A codec that does nothing: what it costs is the protocol. */
function* idle(stored: Stored): Passage<Envelope> {
	yield undefined;
	return stored;
}

const run = async (words: readonly string[]): Promise<void> => {
	for (const each of cases.filter(({title}) => words.every(word => title.includes(word)))) await runCase(each);

	const {protocol = []} = await takeTurns({protocol: measure(() => pass(idle, undefined), 20_000)}, rounds);
	console.log(`the protocol alone: ${quantile(protocol, 0.5).toFixed(2)} µs a passage, target: less than 0.5`);
};

const runCase = async ({title, ours, theirs, target}: CodecCase): Promise<void> => {
	const rows = [];
	for (const {size, session} of sessions) {
		const roundTrips = {ours: ours(session), theirs: theirs(session)};
		// A wrong result may be fast.
		for (const roundTrip of Object.values(roundTrips)) assert.deepStrictEqual(roundTrip(), session);

		const times = Math.ceil(kilobytesARound / size);
		const contestants = {ours: measure(roundTrips.ours, times), theirs: measure(roundTrips.theirs, times)};
		const {ours: our = [], theirs: their = []} = await takeTurns(contestants, rounds);
		const ratio = ratioOf(our, their);
		rows.push({
			'kB of JSON': size,
			'ours, µs': quantile(our, 0.5).toFixed(2),
			'theirs, µs': quantile(their, 0.5).toFixed(2),
			ratio: ratio?.median.toFixed(2) ?? 'spreads too much',
			'middle half': ratio ? `${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}` : '',
			'at most': target?.toFixed(2) ?? '',
		});
	}
	console.log(title);
	console.table(rows);
};

/** In microseconds of CPU time, so that what else the machine does counts less. */
const measure = (work: () => unknown, times: number) => async (): Promise<number> => {
	const before = process.cpuUsage();
	for (let time = 0; time < times; time++) work();
	const {user, system} = process.cpuUsage(before);
	return (user + system) / times;
};

/** `npm run benchmark -- codec` */
export const codec = {name: 'codec', run};
