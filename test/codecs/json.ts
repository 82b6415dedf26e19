import assert from 'node:assert/strict';
import {runInNewContext} from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import {open} from '../../source/codec.ts';
import {json} from '../../source/codecs/json.ts';
import {SessionError} from '../../source/errors.ts';
import {type Envelope, sessionFixtures} from '../../source/testing/index.ts';
import {codecConforms} from '../helpers/codec-conforms.ts';
import {badRecords} from '../helpers/mutations.ts';
import {anyData, anyJson, objectOf} from '../helpers/session-arbitraries.ts';

const context = {key: 'session:key'};
const codec = json<Envelope>();
const anything = json<unknown>();

const envelope = (data: Record<string, unknown>): Envelope => ({createdAt: 1, permanent: true, data});

const encode = (session: unknown): Buffer => Buffer.from(open(anything, undefined, context).close(session) ?? []);

const decode = (stored: string | Uint8Array): unknown => {
	const passage = open(anything, Buffer.from(stored), context);
	passage.abort();
	return passage.session;
};

const undecodable = {instanceOf: SessionError, code: 'ERR_SESSION_UNDECODABLE'};
const notEncodable = {instanceOf: SessionError, code: 'ERR_SESSION_NOT_ENCODABLE'};

codecConforms(() => codec);

const spellings: Record<string, {value: unknown; text: string}> = {
	Date: {value: new Date(5), text: '{"$date":5}'},
	'an invalid Date': {value: new Date(Number.NaN), text: '{"$date":null}'},
	Map: {value: new Map([['a', new Date(5)]]), text: '{"$map":[["a",{"$date":5}]]}'},
	Set: {value: new Set(['a', -0]), text: '{"$set":["a",0]}'},
	BigInt: {value: -12n, text: '{"$bigint":"-12"}'},
	Uint8Array: {value: new Uint8Array([1, 2]), text: '{"$bytes":"AQI="}'},
	Buffer: {value: Buffer.from([1, 2]), text: '{"$buffer":"AQI="}'},
	NaN: {value: Number.NaN, text: '{"$number":"NaN"}'},
	Infinity: {value: Number.POSITIVE_INFINITY, text: '{"$number":"Infinity"}'},
	'-Infinity': {value: Number.NEGATIVE_INFINITY, text: '{"$number":"-Infinity"}'},
	'-0': {value: -0, text: '{"$number":"-0"}'},
	undefined: {value: undefined, text: '{"$undefined":true}'},
	'an object like a tag': {value: [{$date: 5}, 1n], text: '[{"$$date":5},{"$bigint":"1"}]'},
	'an object like an escaped tag': {value: [{$$date: 5}, 1n], text: '[{"$$$date":5},{"$bigint":"1"}]'},
	'an object with a key like a tag, and others': {value: {$date: 1n, a: 1}, text: '{"$date":{"$bigint":"1"},"a":1}'},
};

for (const [name, {value, text}] of Object.entries(spellings)) {
	test(`what is stored stays readable by later versions: ${name}`, t => {
		const stored = `\${"createdAt":1,"permanent":true,"data":{"value":${text}}}`;
		t.is(encode(envelope({value})).toString(), stored);
		t.notThrows(() => assert.deepStrictEqual(decode(stored), envelope({value})));
	});
}

test('a session that needs no more than JSON is bare JSON text', t => {
	fc.assert(
		fc.property(objectOf(anyJson), data => {
			assert.equal(encode(envelope(data)).toString(), JSON.stringify(envelope(data)));
		}),
	);
	t.pass();
});

test('bare JSON text has no tags', t => {
	t.deepEqual(decode('{"data":{"$date":5}}'), {data: {$date: 5}});
});

test('stored text with spaces, or with keys in another order, is a session', t => {
	t.deepEqual(decode('{ "b": 1,\n"a": 2 }'), {b: 1, a: 2});
});

const malformed = [
	...['', ' ', '{', 'null', '[]', '"text"', '1', 'undefined', '{"a":1}x', '\u{FEFF}{}', '$', '$null', '$[]', '$"a"'],
	...['$$', '!{}', ...['{"$date":5}', '{"$map":[]}', '{"$undefined":true}', '{"a":1'].map(text => `$${text}`)],
	...['{"$unknown":1}', '{"$":1}', '{"$__proto__":1}', '{"$constructor":1}', '{"$toString":1}'],
	...['{"$date":"2026-01-01"}', '{"$date":8640000000000001}', '{"$date":1e999}', '{"$date":[5]}', '{"$date":true}'],
	...['{"$number":"1"}', '{"$number":1}', '{"$number":["NaN"]}', '{"$number":null}', '{"$undefined":false}'],
	...['{"$bigint":1}', '{"$bigint":"0x10"}', '{"$bigint":"1e9"}', '{"$bigint":""}', '{"$bigint":"-0"}'],
	...['{"$bigint":"01"}', '{"$bigint":" 1"}', '{"$bytes":"A"}', '{"$bytes":"AQI"}', '{"$bytes":"A-=="}'],
	...['{"$bytes":[1]}', '{"$buffer":1}', '{"$buffer":null}', '{"$buffer":"AQI=AQI="}', '{"$set":{}}', '{"$set":1}'],
	...['{"$map":{}}', '{"$map":[1]}', '{"$map":[[1]]}', '{"$map":[[1,2,3]]}', '{"$map":[{"0":1,"1":2,"length":2}]}'],
	...['{"$map":[[{"$unknown":1},1]]}', '{"$set":[{"$unknown":1}]}', '{"$$date":{"$unknown":1}}'],
];

for (const text of malformed) {
	test(`undecodable: ${JSON.stringify(text)}`, t => {
		const stored = text.startsWith('{"$') ? `\${"a":${text}}` : text;
		const error = t.throws(() => decode(stored), undecodable);
		t.is(error?.cause, undefined);
	});
}

test('undecodable: what is no UTF-8', t => {
	for (const octets of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x8d]])
		t.throws(() => decode(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(octets), Buffer.from('"}')])), undecodable);
});

test('a hundred thousand levels are no danger', t => {
	const deep = (open: string, close: string) => `${open.repeat(100_000)}1${close.repeat(100_000)}`;
	t.throws(() => decode(`\${"a":${deep('[', ']')}}`), undecodable);
	t.throws(() => decode(`$${deep('{"a":', '}')}`), undecodable);
	t.throws(() => decode(`\${"a":${deep('{"$set":[', ']}')}}`), undecodable);
	t.throws(() => decode(`\${"a":${deep('{"$$a":', '}')}}`), undecodable);
	t.throws(() => decode(`\${"a":${deep('{"$map":[[0,', ']]}')}}`), undecodable);

	// Bare text is lent without a second look, which is what makes it fast; what comes of it is never stored.
	const passage = open(anything, Buffer.from(deep('{"a":', '}')), context);
	t.throws(() => passage.close(passage.session), notEncodable);
});

test('128 levels are kept, and not one more', t => {
	const nest = (levels: number, inmost: unknown): unknown =>
		levels === 0 ? inmost : nest(levels - 1, levels % 2 ? {a: inmost} : [inmost]);
	for (const inmost of [1, 1n, new Date(1)]) {
		const deepest = {a: nest(127, inmost)};
		t.deepEqual(decode(encode(deepest)), deepest);
		t.throws(() => encode({a: nest(128, inmost)}), notEncodable);
	}

	const containers = [(item: unknown) => new Map([[item, item]]), (item: unknown) => new Set([item])];
	for (const contain of containers) {
		const deepest = {a: nest(126, contain(1))};
		t.notThrows(() => assert.deepStrictEqual(decode(encode(deepest)), deepest));
		t.throws(() => encode({a: nest(127, contain(1))}), notEncodable);
	}
});

test('an array of a thousand holes is kept; one of billions is refused at once', t => {
	const sparse: unknown[] = [];
	sparse[1000] = true;
	t.deepEqual(decode(encode({sparse})), {sparse: [...Array(1000).fill(undefined), true]});
	sparse[4_000_000_000] = true;
	t.throws(() => encode({sparse}), {...notEncodable, message: /`sparse\[1001\]`/});
});

test('only a plain object is a session', t => {
	for (const session of [[], new Map(), new Date(0), 'text', 1, null, () => 1])
		t.throws(() => encode(session), {...notEncodable, message: /the session/});
});

test('the same types of another realm are kept, as ours', t => {
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
	t.notThrows(() => assert.deepStrictEqual(decode(encode(foreign)), ours));
	t.is(encode(runInNewContext('({list: [1, {a: 2}]})')).toString(), '{"list":[1,{"a":2}]}');
	for (const made of ['new (class Day extends Date {})()', 'new (class List extends Array {})()', 'new Error()', '/a/'])
		t.throws(() => encode({value: runInNewContext(made)}), notEncodable, made);
});

test('what only looks plain is refused', t => {
	class Rootless {}
	Object.setPrototypeOf(Rootless.prototype, null);
	for (const value of [new Rootless(), Object.create({inherited: 1}), Object.create(Object.create(null))])
		t.throws(() => encode({value}), notEncodable);
});

test('toJSON is refused wherever JSON would call it', t => {
	const toJSON = () => t.fail('called');
	const hidden = Object.defineProperty({}, 'toJSON', {value: toJSON});
	for (const value of [{toJSON}, hidden, Object.assign([], {toJSON}), Object.assign([1n], {toJSON})])
		t.throws(() => encode({value}), {...notEncodable, message: /`value\.toJSON`/});
	t.throws(() => encode(hidden), {...notEncodable, message: /`toJSON`/});
});

test('what a value carries beside its content is left out', t => {
	const list = Object.assign([1], {named: 2});
	const object = Object.defineProperty({a: 1, [Symbol('b')]: 2}, 'hidden', {value: 3});
	t.deepEqual(decode(encode({list, object})), {list: [1], object: {a: 1}});
});

test('a long path is cut', t => {
	const error = t.throws(() => encode({['k'.repeat(100_000)]: Symbol('s')}), notEncodable);
	t.true((error?.message.length ?? 0) < 400);
});

test('any session comes back as it was, and unchanged', t => {
	fc.assert(
		fc.property(anyData, data => {
			const stored = encode(envelope(data));
			const passage = open(codec, stored, context);
			assert.deepStrictEqual(passage.session, envelope(data));
			assert.equal(passage.close(passage.session), stored);
		}),
		{numRuns: 5000},
	);
	t.pass();
});

test('of 20,000 bad records, none does harm', t => {
	const records = sessionFixtures
		.filter(({name}) => name !== 'a megabyte')
		.map(({session}) => encode(session))
		.concat(
			encode(envelope({at: new Date(1), map: new Map([['a', new Set([1n, undefined])]]), b: Buffer.from('abc')})),
		);
	const fragments = [
		'{"$date":',
		'{"$map":[[',
		'{"$set":[',
		'{"$$',
		'"__proto__":',
		'"toJSON":',
		'[[[[',
		'}',
		']',
		'"',
		'$',
	];
	const before = Reflect.ownKeys(Object.prototype);
	const started = performance.now();

	fc.assert(
		fc.property(badRecords(records, fragments), stored => {
			let passage: {session: unknown; close(session: unknown): unknown};
			try {
				passage = open(anything, stored, context);
			} catch (error) {
				assert.ok(error instanceof SessionError && error.code === 'ERR_SESSION_UNDECODABLE');
				return;
			}

			const {session} = passage;
			assert.ok(typeof session === 'object' && session !== null);
			assert.equal(Object.getPrototypeOf(session), Object.prototype);
			assert.deepStrictEqual(decode(encode(session)), session, 'what is lent can be stored');
		}),
		{numRuns: 20_000},
	);

	t.deepEqual(Reflect.ownKeys(Object.prototype), before);
	t.true(performance.now() - started < 60_000);
});
