import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {open} from '../../source/codec.ts';
import {json} from '../../source/codecs/json.ts';
import {SessionError} from '../../source/errors.ts';
import type {Envelope} from '../../source/testing/index.ts';
import {codecConforms} from '../helpers/codecs/conforms.ts';
import {codecFuzz} from '../helpers/codecs/fuzz.ts';
import {codecLimits} from '../helpers/codecs/limits.ts';
import {codecProperties} from '../helpers/codecs/properties.ts';
import {codecRewrites} from '../helpers/codecs/rewriting.ts';
import {anyJson, objectOf} from '../helpers/codecs/session-arbitraries.ts';

const context = {key: 'session:key'};
const anything = json<unknown>();

const envelope = (data: Record<string, unknown>): Envelope => ({createdAt: 1, permanent: true, data});

const encode = (session: unknown): Buffer => Buffer.from(open(anything, undefined, context).close(session) ?? []);

const decode = (stored: string | Uint8Array): unknown => {
	const passage = open(anything, Buffer.from(stored), context);
	passage.abort();
	return passage.session;
};

const undecodable = {instanceOf: SessionError, code: 'ERR_SESSION_UNDECODABLE'};

codecConforms(() => json());
codecLimits(anything);
codecProperties('json', json());
codecFuzz('json');
codecRewrites(json(), {
	record: (value, isTagged) =>
		Buffer.from(`${isTagged ? '$' : ''}{"createdAt":1,"permanent":true,"data":{"a":${value}}}`),
	containers: [
		['[', ']'],
		['{"a":', '}'],
		['[1,"b",', ',"c"]'],
		['{"a":1,"$b":', '}'],
	],
	tags: [
		['{"$set":[', ']}'],
		['{"$map":[[1,', ']]}'],
		['{"$map":[[', ',1]]}'],
		['{"$$date":', '}'],
	],
	values: ['1', '-0', '1e999', '"\\ud800"', 'null'],
	bigInt: digits => `{"$bigint":"${digits}"}`,
});

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
	'a key and a text that other codecs escape': {
		value: {['__proto__']: '\\', a: 1n},
		text: '{"__proto__":"\\\\","a":{"$bigint":"1"}}',
	},
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

test('undecodable: what is not UTF-8', t => {
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
	t.throws(() => decode(deep('{"a":', '}')), undecodable);
	t.throws(() => decode(`{"a":${deep('[', ']')}}`), undecodable);
});

test('a number of any length, which JSON.stringify() would write and nobody could read back, is refused', t => {
	const {rawJSON} = JSON as {rawJSON?: (text: string) => unknown};
	if (!rawJSON) return t.fail('Node 21 and later has it');
	const passage = open(json(), undefined, {key: ''});
	const error = t.throws(() =>
		passage.close({createdAt: 1, permanent: true, data: {n: rawJSON('12345678901234567890')}}),
	);
	t.regex(error?.message ?? '', /data\.n/);
});
