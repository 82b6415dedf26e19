import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import {type Codec, open} from '../../codec.ts';
import type {CodecCase, Envelope} from './codec-case.ts';
import {context, decode, encode, envelope, secret} from './codec-fixtures.ts';
import {nested} from './session-fixtures.ts';

class Money {
	readonly amount = 1;
}

const cycle: Record<string, unknown> = {};
cycle['inner'] = [cycle];

/** What no codec may keep, since something else would come back, or nothing. */
const refused: Readonly<Record<string, () => unknown>> = {
	'a function': () => () => secret,
	'a symbol': () => Symbol(secret),
	'an instance of a class': () => new Money(),
	'an instance of a subclass of a type that it keeps': () => new (class Day extends Date {})(0),
	'a RegExp': () => /pear/u,
	'an Error': () => new Error(secret),
	'a URL': () => new URL('https://example.com'),
	'a Promise': () => Promise.resolve(secret),
	'a WeakMap': () => new WeakMap(),
	'a boxed string': () => Object('pear'),
	'a typed array other than bytes': () => new Float64Array(1),
	'an ArrayBuffer': () => new ArrayBuffer(1),
	'an object inside itself': () => cycle,
	'an object of 10,000 levels': () => nested(10_000),
};

/** A session with a value at `data.cart[2].value`. */
const holding = (value: unknown): Envelope => envelope({cart: [secret, {secret}, {value}]});

/** The error for a session that can't be encoded. It must come after the `yield`. */
const refusalOf = (codec: Codec<Envelope>, session: Envelope): Error => {
	const stored = encode(codec, envelope({views: 1}));
	const before = Uint8Array.from(stored);
	const passage = open(codec, stored, context);

	let refusal: unknown;
	try {
		passage.close(session);
	} catch (error) {
		refusal = error;
	}
	assert.ok(refusal instanceof Error, 'the session is refused');
	assert.ok(Buffer.compare(stored, before) === 0, 'the stored bytes stay as they were');
	assert.deepStrictEqual(decode(codec, stored), envelope({views: 1}));
	return refusal;
};

/** A codec refuses what it can't keep after the `yield`, so that the request fails and the stored session stays. */
export const refusalCases: readonly CodecCase[] = [
	...Object.entries(refused).map(
		([name, make]): CodecCase => ({
			title: `${name} is refused by its path`,
			run(codec) {
				const refusal = refusalOf(codec, holding(make()));
				assert.equal('code' in refusal && refusal.code, 'ERR_SESSION_NOT_ENCODABLE');
				assert.match(refusal.message, /data\.cart\[2\]\.value/);
			},
		}),
	),
	{
		title: 'a function is refused in any place',
		run(codec) {
			const session = {...envelope({}), data: {map: new Map([['a', [() => 1]]])}};
			assert.match(refusalOf(codec, session).message, /data\.map/);
			assert.match(refusalOf(codec, {...session, data: {set: new Set([() => 1])}}).message, /data\.set/);
			assert.match(refusalOf(codec, {...session, data: {'a b': () => 1}}).message, /data\["a b"\]/);
		},
	},
	{
		title: 'toJSON() is refused as the function that it is, and not called',
		run(codec) {
			let calls = 0;
			const toJSON = () => ++calls;
			assert.match(refusalOf(codec, holding({toJSON})).message, /data\.cart\[2\]\.value\.toJSON/);
			assert.match(refusalOf(codec, holding({at: new Date(0), toJSON})).message, /data\.cart\[2\]\.value\.toJSON/);
			assert.equal(calls, 0);
		},
	},
	{
		title: 'a refusal quotes no data',
		run(codec) {
			for (const make of Object.values(refused)) {
				const shown = inspect(refusalOf(codec, holding(make())), {depth: 10});
				assert.ok(!shown.includes(secret), 'neither the error nor its cause holds data');
			}
		},
	},
];
