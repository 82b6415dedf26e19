import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {open} from '../../../source/codec.ts';
import {holds} from '../../../source/codecs/msgpack/comparison.ts';
import {msgpack} from '../../../source/codecs/msgpack.ts';
import {anyJson, anyValue, objectOf} from '../../helpers/codecs/session-arbitraries.ts';
import {runs} from '../../helpers/runs.ts';

const context = {key: 'session:key'};
const codec = msgpack<unknown>();

const encode = (session: unknown): Uint8Array =>
	open(codec, undefined, context).close(session) ?? assert.fail('kept nothing');

const decode = (stored: Uint8Array): unknown => {
	const passage = open(codec, stored, context);
	passage.abort();
	return passage.session;
};

const texts = ['', 'a', 'é', 'a'.repeat(31), 'a'.repeat(32), 'a'.repeat(64), 'a'.repeat(65), 'é'.repeat(40)];
const long = ['a'.repeat(255), 'a'.repeat(256), 'a'.repeat(65_535), 'é'.repeat(40_000)];
const numbers = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -32, -33, -128, -129, -32_768];
const more = [-32_769, -(2 ** 31), -(2 ** 31) - 1, 0.5, 1_767_225_600_000, Number.MAX_VALUE, 2 ** 53 - 1, -(2 ** 53)];
const lists = [0, 1, 15, 16, 65_535, 65_536].map(length => Array.from({length}, (_, index) => index % 3));
const maps = [0, 1, 15, 16, 65_535, 65_536].map(length =>
	Object.fromEntries(Array.from({length}, (_, index) => [`x${index}`, index % 3])),
);

test('bytes hold what they were made of, at any size', t => {
	for (const value of [...texts, ...long, ...numbers, ...more, ...lists, ...maps, null, true, false]) {
		const session = {before: 1, [typeof value === 'string' ? value : 'key']: value, after: [value]};
		t.true(holds(encode(session), session), JSON.stringify(value).slice(0, 40));
	}
});

test('bytes hold any plain data that they were made of, as it is decoded', t => {
	fc.assert(
		fc.property(objectOf(anyJson), data => {
			fc.pre(!/__proto__|\\ud[89a-f]/.test(JSON.stringify(data)));
			const stored = encode(data);
			assert.ok(holds(stored, decode(stored)));
			assert.ok(holds(Uint8Array.of(0xc1, ...stored).subarray(1), data), 'as a view');
		}),
	);
	t.pass();
});

test('bytes hold only what they decode to', t => {
	fc.assert(
		fc.property(objectOf(anyValue), objectOf(anyValue), fc.boolean(), (one, other, isNear) => {
			const session = isNear ? {...one, ...other} : other;
			const stored = encode(one);
			if (holds(stored, session)) assert.deepStrictEqual(decode(stored), session);
		}),
		{numRuns: runs(200, 5000)},
	);
	t.pass();
});

class Visitor {
	name = 'ada';
}

const changes: Readonly<Record<string, readonly [before: unknown, after: unknown]>> = {
	'0 and -0': [0, -0],
	'0 and false': [0, false],
	'a number and its text': [1, '1'],
	'a number and a BigInt': [1, 1n],
	'a number of one byte and one of two': [200, 200 + 256],
	'a number and the one that its byte would be without its sign': [-1, 255],
	'null and undefined': [null, undefined],
	'null and a function': [null, () => undefined],
	'an empty text and an empty list': ['', []],
	'a text and a longer one': ['pear', 'pears'],
	'a text and a shorter one': ['pears', 'pear'],
	'a text and the characters that its bytes would be': ['é', 'Ã©'],
	'a long text and the characters that its bytes would be': ['é'.repeat(50), 'Ã©'.repeat(50)],
	'what stands for half a surrogate pair, and the half': ['\uFFFD', '\uD800'],
	'a long text with its last character changed': ['a'.repeat(100), `${'a'.repeat(99)}b`],
	'a list and one with one more': [[1], [1, 2]],
	'a list and one with one less': [[1, 2], [1]],
	'a list with null and one with a hole': [[null], Array(1)],
	'a list and its map': [['a'], {0: 'a'}],
	'a list and one of a subclass': [[1], class List extends Array {}.from([1])],
	'a map and one with one key more': [{a: 1}, {a: 1, b: 2}],
	'a map and one with one key less': [{a: 1, b: 2}, {a: 1}],
	'a map and one with undefined more': [{a: 1}, {a: 1, b: undefined}],
	'a map and one with another key': [{a: 1}, {b: 1}],
	'a map and a Map': [{a: 1}, new Map([['a', 1]])],
	'a map and a Set': [{}, new Set()],
	'a map and a date': [{}, new Date(5)],
	'a map and an instance': [{name: 'ada'}, new Visitor()],
};

for (const [title, [before, after]] of Object.entries(changes)) {
	test(`no bytes hold both ${title}`, t => {
		const stored = encode({value: before});
		for (const session of [{value: after}, {value: after, more: 1}]) t.false(holds(stored, session));

		const passage = open(codec, stored, context);
		let kept: Uint8Array | undefined;
		try {
			kept = passage.close({value: after});
		} catch (error) {
			t.like(error, {code: 'ERR_SESSION_NOT_ENCODABLE'});
			return;
		}
		t.not(kept, stored);
		t.deepEqual(decode(kept ?? stored), {value: after});
	});
}

test('the same data in another order is not held, and is written', t => {
	const stored = encode({a: 1, b: [2]});
	t.false(holds(stored, {b: [2], a: 1}));
	const numbered = encode({b: 1, 1: 2});
	t.true(holds(numbered, {b: 1, 1: 2}), 'keys like numbers come first, in every object');
});

test('a map with an inherited enumerable property is not held', t => {
	const stored = encode({a: 1});
	Object.defineProperty(Object.prototype, 'polluted', {value: 1, enumerable: true, configurable: true});
	try {
		t.false(holds(stored, {a: 1}));
	} finally {
		Reflect.deleteProperty(Object.prototype, 'polluted');
	}
});

test('a record with tags is never held', t => {
	const session = {at: new Date(5)};
	t.false(holds(encode(session), session));
	const passage = open(codec, encode(session), context);
	t.deepEqual(passage.close(passage.session), encode(session));
});
