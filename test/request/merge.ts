import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {equal} from '../../source/request/equal.ts';
import {merge} from '../../source/request/merge.ts';
import type {Data} from '../../source/session.ts';
import {anyData, anyKey, anyValue, objectOf, relatedData} from '../helpers/codecs/session-arbitraries.ts';
import {runs} from '../helpers/runs.ts';

const same = (t: ExecutionContext, actual: unknown, expected: unknown): void => {
	t.notThrows(() => assert.deepStrictEqual(actual, expected));
};

const day = (time: number) => new Date(time);

const table: Record<string, {base: Data; theirs: Data; mine: Data; merged: Data}> = {
	'each side adds a key': {base: {}, theirs: {a: 1}, mine: {b: 2}, merged: {a: 1, b: 2}},
	'each side changes a key': {base: {a: 1, b: 1}, theirs: {a: 2, b: 1}, mine: {a: 1, b: 2}, merged: {a: 2, b: 2}},
	'their deletion is kept': {base: {a: 1}, theirs: {}, mine: {a: 1, b: 2}, merged: {b: 2}},
	'my deletion is kept': {base: {a: 1}, theirs: {a: 1, b: 2}, mine: {}, merged: {b: 2}},
	'both delete': {base: {a: 1, b: 1}, theirs: {b: 1}, mine: {b: 2}, merged: {b: 2}},
	'both change one value': {base: {a: 1}, theirs: {a: 2}, mine: {a: 3}, merged: {a: 3}},
	'both make the same change': {base: {a: 1}, theirs: {a: 2}, mine: {a: 2}, merged: {a: 2}},
	'mine changes what theirs deleted': {base: {a: 1}, theirs: {}, mine: {a: 2}, merged: {a: 2}},
	'mine deletes what theirs changed': {base: {a: 1}, theirs: {a: 2}, mine: {}, merged: {}},
	'a deletion is no change to `undefined`': {
		base: {a: 1, b: undefined},
		theirs: {a: undefined, b: undefined},
		mine: {a: 1},
		merged: {a: undefined},
	},
	'each side changes inside of an object': {
		base: {cart: {pear: 1, plum: 1, fig: 1}},
		theirs: {cart: {pear: 2, plum: 1, fig: 1, lime: 1}},
		mine: {cart: {pear: 1, fig: 3}},
		merged: {cart: {pear: 2, fig: 3, lime: 1}},
	},
	'each side makes the object first': {
		base: {},
		theirs: {cart: {pear: 1}},
		mine: {cart: {plum: 1}},
		merged: {cart: {pear: 1, plum: 1}},
	},
	'their logout beats my change inside of the user': {
		base: {user: {name: 'Ann', visits: 1}},
		theirs: {},
		mine: {user: {name: 'Ann', visits: 2}},
		merged: {},
	},
	'their replacement beats my change inside': {
		base: {user: {visits: 1}},
		theirs: {user: null},
		mine: {user: {visits: 2}},
		merged: {user: null},
	},
	'my logout beats their change inside of the user': {
		base: {user: {visits: 1}},
		theirs: {user: {visits: 2}},
		mine: {},
		merged: {},
	},
	'an array is one value': {base: {list: [1]}, theirs: {list: [1, 2]}, mine: {list: [1, 3]}, merged: {list: [1, 3]}},
	'equal typed values are unchanged': {
		base: {at: day(1), tags: new Set([1]), by: new Map([['a', 1]]), raw: Buffer.from([1]), big: 1n, not: Number.NaN},
		theirs: {at: day(2), tags: new Set([2]), by: new Map([['a', 2]]), raw: Buffer.from([2]), big: 2n, not: 0},
		mine: {at: day(1), tags: new Set([1]), by: new Map([['a', 1]]), raw: Buffer.from([1]), big: 1n, not: Number.NaN},
		merged: {at: day(2), tags: new Set([2]), by: new Map([['a', 2]]), raw: Buffer.from([2]), big: 2n, not: 0},
	},
	'changed typed values are whole': {
		base: {at: day(1), tags: new Set([1]), by: new Map([['a', 1]]), raw: Buffer.from([1])},
		theirs: {at: day(2), tags: new Set([1, 2]), by: new Map([['b', 1]]), raw: Buffer.from([2])},
		mine: {at: day(3), tags: new Set([1, 3]), by: new Map([['c', 1]]), raw: Buffer.from([3])},
		merged: {at: day(3), tags: new Set([1, 3]), by: new Map([['c', 1]]), raw: Buffer.from([3])},
	},
	'-0 is no 0': {base: {a: 0}, theirs: {a: 1}, mine: {a: -0}, merged: {a: -0}},
	'a type is part of a value': {
		base: {a: new Date(1), b: Buffer.from([1])},
		theirs: {a: new Date(2), b: Buffer.from([2])},
		mine: {a: 1, b: new Uint8Array([1])},
		merged: {a: 1, b: new Uint8Array([1])},
	},
	'`__proto__` is data': {
		base: JSON.parse('{"__proto__": {"a": 1}}'),
		theirs: JSON.parse('{"__proto__": {"a": 1, "b": 2}}'),
		mine: JSON.parse('{"__proto__": {"a": 3}, "constructor": {"prototype": {"c": 4}}}'),
		merged: JSON.parse('{"__proto__": {"a": 3, "b": 2}, "constructor": {"prototype": {"c": 4}}}'),
	},
};

for (const [title, {base, theirs, mine, merged}] of Object.entries(table)) {
	test(title, t => {
		same(t, merge(base, theirs, mine), merged);
	});
}

test('null-prototype objects merge like others', t => {
	const bare = (data: Data): Data => Object.assign(Object.create(null), data);
	const merged = merge(bare({a: bare({b: 1})}), bare({a: bare({b: 1, c: 2})}), bare({a: bare({b: 3})}));
	same(t, merged, {a: {b: 3, c: 2}});
});

test('instances of classes are one value', t => {
	class Money {
		amount: number;
		constructor(amount: number) {
			this.amount = amount;
		}
	}
	const merged = merge(
		{a: new Money(1), b: new Money(1)},
		{a: new Money(2), b: new Money(2)},
		{a: new Money(1), b: new Money(3)},
	);
	same(t, merged, {a: new Money(2), b: new Money(3)});
});

test('keys come in their order, then those that I added', t => {
	const merged = merge({b: 1, a: 1}, {b: 1, a: 2, d: 1}, {c: 1, a: 1, b: 2});
	t.deepEqual(Object.keys(merged), ['b', 'a', 'd', 'c']);
});

test("the result is nobody else's container where both changed something", t => {
	const base = {cart: {a: 1}};
	const theirs = {cart: {a: 1, b: 1}};
	const mine = {cart: {a: 2}};
	const merged = merge(base, theirs, mine);
	for (const argument of [base, theirs, mine]) {
		t.false(Object.is(merged, argument));
		t.not(merged['cart'], argument.cart);
	}
});

/** What a key holds, in a list; an empty one if there is no such key. */
const own = (data: Data, key: string): unknown[] => (Object.hasOwn(data, key) ? [data[key]] : []);

/** Values with their types and their order. */
const spelled = (value: unknown): string => inspect(value, {depth: Infinity, maxArrayLength: Infinity});

const frozen = <Value>(value: Value): Value => {
	if (Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]') {
		Object.freeze(value);
		for (const item of Object.values(value as object)) frozen(item);
	}
	return value;
};

/** The same place in base, theirs, mine and what must come of them; `undefined` is a key that isn't there. */
type Places = readonly [base: Held, theirs: Held, mine: Held, merged: Held];
type Held = {readonly value: unknown} | undefined;

const anyHeld: fc.Arbitrary<Held> = fc.option(fc.record({value: anyValue}), {nil: undefined});

/** Every place is changed by one side at most, so that it's plain what must come of it. */
const disjoint: fc.Arbitrary<Places> = fc.letrec<{places: Places; inside: Places}>(tie => ({
	places: fc.oneof(
		{maxDepth: 3},
		anyHeld.map((held): Places => [held, held, held, held]),
		fc.tuple(anyHeld, anyHeld).map(([before, after]): Places => [before, after, before, after]),
		fc.tuple(anyHeld, anyHeld).map(([before, after]): Places => [before, before, after, after]),
		tie('inside'),
	),
	inside: objectOf(tie('places'), anyKey).map((object): Places => {
		const side = (index: 0 | 1 | 2 | 3): Held => ({
			value: Object.fromEntries(
				Object.entries(object).flatMap(([key, places]) => {
					const held = places[index];
					return held ? [[key, held.value]] : [];
				}),
			),
		});
		return [side(0), side(1), side(2), side(3)];
	}),
})).inside;

const dataOf = (held: Held): Data => held?.value as Data;

test('changes of different things are all kept, and no deletion is undone', t => {
	fc.assert(
		fc.property(disjoint, ([base, theirs, mine, merged]) => {
			assert.deepStrictEqual(merge(dataOf(base), dataOf(theirs), dataOf(mine)), dataOf(merged));
		}),
		{numRuns: runs(500, 10_000)},
	);
	t.pass();
});

test('a side that changed nothing has no say', t => {
	fc.assert(
		fc.property(relatedData, relatedData, (base, changed) => {
			assert.deepStrictEqual(merge(base, changed, base), changed);
			assert.deepStrictEqual(merge(base, base, changed), changed);
			assert.deepStrictEqual(merge(base, changed, changed), changed);
		}),
		{numRuns: runs(500, 10_000)},
	);
	t.pass();
});

test("every key is either side's, or merged of both", t => {
	fc.assert(
		fc.property(relatedData, relatedData, relatedData, (base, theirs, mine) => {
			const merged = merge(base, theirs, mine);
			for (const key of Object.keys({...base, ...theirs, ...mine})) {
				const was = own(base, key);
				const left = own(theirs, key);
				const right = own(mine, key);
				const now = own(merged, key);
				const isOneOf = equal(now, left) || equal(now, right);
				const areObjects = [left, right].every(
					([value]) => Object.prototype.toString.call(value) === '[object Object]',
				);
				assert.ok(isOneOf || areObjects, key);
				if (equal(was, right)) assert.deepStrictEqual(now, left);
				if (equal(was, left)) assert.deepStrictEqual(now, right);
			}
		}),
		{numRuns: runs(500, 10_000)},
	);
	t.pass();
});

test('the arguments stay as they are, and the same ones give the same result', t => {
	fc.assert(
		fc.property(relatedData, relatedData, relatedData, (base, theirs, mine) => {
			const before = [base, theirs, mine].map(spelled);
			const first = spelled(merge(frozen(base), frozen(theirs), frozen(mine)));
			assert.deepStrictEqual([base, theirs, mine].map(spelled), before);
			assert.equal(spelled(merge(base, theirs, mine)), first);
		}),
		{numRuns: runs(500, 10_000)},
	);
	t.pass();
});

test('no prototype is touched', t => {
	const before = Reflect.ownKeys(Object.prototype);
	fc.assert(
		fc.property(anyData, anyData, anyData, (base, theirs, mine) => {
			assert.equal(Object.getPrototypeOf(merge(base, theirs, mine)), Object.prototype);
			assert.deepEqual(Reflect.ownKeys(Object.prototype), before);
		}),
	);
	t.pass();
});

test('a value is looked at as often deep inside as near the top', t => {
	let reads = 0;
	const nested = (levels: number, text: string): Record<string, unknown> => {
		const leaf = {
			get text() {
				reads++;
				return text;
			},
		};
		return levels === 0 ? leaf : {inner: nested(levels - 1, text)};
	};
	const readsAt = (levels: number): number => {
		reads = 0;
		merge(nested(levels, 'base'), nested(levels, 'theirs'), nested(levels, 'mine'));
		return reads;
	};
	t.is(readsAt(100), readsAt(1));
});
