import assert from 'node:assert/strict';
import {runInNewContext} from 'node:vm';
import test from 'ava';
import {type Codec, open} from '../../../source/codec.ts';
import {SessionError} from '../../../source/errors.ts';

const context = {key: 'session:key'};

const notEncodable = {instanceOf: SessionError, code: 'ERR_SESSION_NOT_ENCODABLE'};

/** Tests the limits of our codecs, which the contract leaves open. */
export const codecLimits = (codec: Codec<unknown>): void => {
	const encode = (session: unknown): Uint8Array => open(codec, undefined, context).close(session) ?? new Uint8Array();
	const keep = (session: unknown): unknown => {
		const passage = open(codec, encode(session), context);
		passage.abort();
		return passage.session;
	};
	const size = (session: unknown): number => encode(session).length;

	test('128 levels are kept, and not one more', t => {
		const nest = (levels: number, inmost: unknown): unknown =>
			levels === 0 ? inmost : nest(levels - 1, levels % 2 ? {a: inmost} : [inmost]);
		for (const inmost of [1, 1n, new Date(1)]) {
			const deepest = {a: nest(127, inmost)};
			t.deepEqual(keep(deepest), deepest);
			t.throws(() => encode({a: nest(128, inmost)}), notEncodable);
		}

		const containers = [(item: unknown) => new Map([[item, item]]), (item: unknown) => new Set([item])];
		for (const contain of containers) {
			const deepest = {a: nest(126, contain(1))};
			t.notThrows(() => assert.deepStrictEqual(keep(deepest), deepest));
			t.throws(() => encode({a: nest(127, contain(1))}), notEncodable);
		}

		const maps = (levels: number): unknown => (levels === 0 ? 1 : new Map([['a', maps(levels - 1)]]));
		t.notThrows(() => assert.deepStrictEqual(keep({a: maps(127)}), {a: maps(127)}));
		t.throws(() => encode({a: maps(128)}), notEncodable);
	});

	test('an array of a thousand holes is kept, and one of billions is refused at once', t => {
		const sparse: unknown[] = [];
		sparse[1000] = true;
		t.deepEqual(keep({sparse}), {sparse: [...Array(1000).fill(undefined), true]});
		sparse[4_000_000_000] = true;
		t.throws(() => encode({sparse}), {...notEncodable, message: /`sparse\[1001\]`/});
	});

	test('a BigInt of 10,000 digits is kept, and a longer one is refused at once', t => {
		const longest = 10n ** 10_000n - 1n;
		t.deepEqual(keep({list: [longest, -longest]}), {list: [longest, -longest]});
		for (const value of [longest + 1n, -longest - 1n, 1n << 10_000_000n])
			t.throws(() => encode({list: [value]}), {
				...notEncodable,
				message: /`list\[0\]`.*BigInt of more than 10000 digits/,
			});
	});

	test('only a plain object is a session', t => {
		for (const session of [[], new Map(), new Date(0), 'text', 1, null, () => 1])
			t.throws(() => encode(session), {...notEncodable, message: /the session/});
	});

	test('the same types of another realm are kept, as those of this one', t => {
		const foreign = runInNewContext(`({
			list: [1, {a: 2}], at: new Date(3), map: new Map([[4, 5]]), set: new Set([6]), bytes: new Uint8Array([7]),
		})`);
		const ours = {
			list: [1, {a: 2}],
			at: new Date(3),
			map: new Map([[4, 5]]),
			set: new Set([6]),
			bytes: new Uint8Array([7]),
		};
		t.notThrows(() => assert.deepStrictEqual(keep(foreign), ours));
		t.is(size(runInNewContext('({list: [1, {a: 2}]})')), size({list: [1, {a: 2}]}));
		for (const made of [
			'new (class Day extends Date {})()',
			'new (class List extends Array {})()',
			'new Error()',
			'/a/',
		])
			t.throws(() => encode({value: runInNewContext(made)}), notEncodable, made);
	});

	test('what only looks plain is refused', t => {
		class Rootless {}
		Object.setPrototypeOf(Rootless.prototype, null);
		const named = Object.create(Object.create(null, {inherited: {value: 1}}));
		for (const value of [new Rootless(), Object.create({inherited: 1}), named])
			t.throws(() => encode({value}), notEncodable);
	});

	test('an object whose prototype is empty and has none is plain', t => {
		t.deepEqual(keep({value: Object.assign(Object.create(Object.create(null)), {a: 1})}), {value: {a: 1}});
	});

	test('toJSON is refused wherever JSON would call it', t => {
		const toJSON = () => t.fail('called');
		const hidden = Object.defineProperty({}, 'toJSON', {value: toJSON});
		for (const value of [{toJSON}, hidden, Object.assign([], {toJSON}), Object.assign([1n], {toJSON})])
			t.throws(() => encode({value}), {...notEncodable, message: /`value\.toJSON`/});
		t.throws(() => encode(hidden), {...notEncodable, message: /`toJSON`/});
	});

	test('what a value carries besides its content is left out', t => {
		const list = Object.assign([1], {named: 2});
		const object = Object.defineProperty({a: 1, [Symbol('b')]: 2}, 'hidden', {value: 3});
		t.deepEqual(keep({list, object}), {list: [1], object: {a: 1}});
	});

	test.serial('what every object inherits is not data', t => {
		t.teardown(() => Reflect.deleteProperty(Object.prototype, 'polluted'));
		for (const polluted of [1, () => 1, new Date(1), {a: {}}]) {
			Object.assign(Object.prototype, {polluted});
			const kept = keep({a: {b: 1}, long: 'x'.repeat(500)}) as {a: object};
			t.deepEqual([Object.keys(kept), Object.keys(kept.a)], [['a', 'long'], ['b']]);
		}
	});

	test('a long path is cut', t => {
		const error = t.throws(() => encode({['k'.repeat(100_000)]: Symbol('s')}), notEncodable);
		t.true((error?.message.length ?? 0) < 400);
	});
};
