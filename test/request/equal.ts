import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {equal} from '../../source/request/equal.ts';
import {anyValue} from '../helpers/codecs/session-arbitraries.ts';
import {runs} from '../helpers/runs.ts';

class Money {
	amount: number;
	constructor(amount: number) {
		this.amount = amount;
	}
}

const link = new URL('https://example.com');

const same: Record<string, [unknown, unknown]> = {
	NaN: [Number.NaN, Number.NaN],
	'objects with keys in another order': [
		{a: 1, b: 2},
		{b: 2, a: 1},
	],
	'an object without a prototype': [{a: 1}, Object.assign(Object.create(null), {a: 1})],
	'nested content': [{a: [new Map([['b', new Set([1n])]])]}, {a: [new Map([['b', new Set([1n])]])]}],
	'dates of one time': [new Date(1), new Date(1)],
	'invalid dates': [new Date(Number.NaN), new Date(Number.NaN)],
	'bytes at other offsets': [new Uint8Array([0, 1]).subarray(1), new Uint8Array([1])],
	'a hole and undefined, which are stored alike': [Array(1), [undefined]],
	'instances with equal properties': [new Money(1), new Money(1)],
	'one instance without properties': [link, link],
	'keys that could be prototypes': [JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 1}')],
};

const different: Record<string, [unknown, unknown]> = {
	'0 and -0': [0, -0],
	'a number and a BigInt': [1, 1n],
	'null and an object': [null, {}],
	'undefined and no key': [{a: undefined}, {}],
	'undefined and another key': [{a: undefined}, {b: undefined}],
	'a key and one that is only inherited': [JSON.parse('{"toString": 1}'), {a: 1}],
	'an own `__proto__` and none': [JSON.parse('{"__proto__": 1}'), {a: 1}],
	'an array and an object': [[1], {0: 1}],
	'a hole and a value': [Array(1), [1]],
	'arrays of other lengths': [[1], [1, 2]],
	'dates of other times': [new Date(1), new Date(2)],
	'a Buffer and a Uint8Array': [Buffer.from([1]), new Uint8Array([1])],
	'other bytes': [new Uint8Array([1]), new Uint8Array([2])],
	'maps in another order': [
		new Map([
			['a', 1],
			['b', 2],
		]),
		new Map([
			['b', 2],
			['a', 1],
		]),
	],
	'maps of other sizes': [new Map(), new Map([['a', 1]])],
	'sets of other items': [new Set([1]), new Set([2])],
	'a Map and a Set': [new Map(), new Set()],
	'sets that `util.isDeepStrictEqual` fails on': [new Set([null, {}]), new Set([{}, {a: 1}])],
	'instances of two classes': [new Money(1), {amount: 1}],
	'instances that hide their content': [link, new URL('https://example.org')],
};

for (const [title, [a, b]] of Object.entries(same))
	test(`equal: ${title}`, t => {
		t.true(equal(a, b));
		t.true(equal(b, a));
	});

for (const [title, [a, b]] of Object.entries(different))
	test(`different: ${title}`, t => {
		t.false(equal(a, b));
		t.false(equal(b, a));
	});

test('a value that contains itself is compared with one that ends', t => {
	const endless: Record<string, unknown> = {};
	endless['me'] = endless;
	t.false(equal(endless, {me: {me: {me: {}}}}));
	t.false(equal({me: {me: {me: {}}}}, endless));
});

test('equal means printed alike', t => {
	// Printing sorts the keys of objects, but not those of a `Map`, which it would with `sorted`.
	const print = (value: unknown): string => inspect(sorted(value), {depth: Number.POSITIVE_INFINITY});
	fc.assert(
		fc.property(anyValue, anyValue, (a, b) => {
			assert.equal(equal(a, b), print(a) === print(b));
		}),
		{numRuns: runs(1000, 20_000)},
	);
	t.pass();
});

test('a value made a second time is equal', t => {
	fc.assert(
		fc.property(fc.clone(anyValue, 2), ([a, b]) => assert.ok(equal(a, b))),
		{numRuns: runs(1000, 20_000)},
	);
	t.pass();
});

const sorted = (value: unknown): unknown => {
	if (Array.isArray(value)) return value.map(sorted);
	if (value instanceof Map) return new Map([...value].map(([key, item]) => [sorted(key), sorted(item)]));
	if (value instanceof Set) return new Set([...value].map(sorted));
	if (Object.prototype.toString.call(value) !== '[object Object]') return value;
	return Object.fromEntries(
		Object.entries(value as object)
			.toSorted(([a], [b]) => (a < b ? -1 : 1))
			.map(([key, item]) => [key, sorted(item)]),
	);
};
