import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {addExtension, Packr} from 'msgpackr';
import {sessions} from '../../benchmark/sample-sessions.ts';
import {open} from '../../source/codec.ts';
import {json} from '../../source/codecs/json.ts';
import {msgpack} from '../../source/codecs/msgpack.ts';
import {SessionError} from '../../source/errors.ts';
import {codecConforms} from '../helpers/codecs/conforms.ts';
import {codecFuzz} from '../helpers/codecs/fuzz.ts';
import {codecLimits} from '../helpers/codecs/limits.ts';
import {codecProperties} from '../helpers/codecs/properties.ts';
import {codecRewrites} from '../helpers/codecs/rewriting.ts';
import {anyJson, objectOf} from '../helpers/codecs/session-arbitraries.ts';

const context = {key: 'session:key'};
const codec = msgpack<unknown>();

const encode = (session: unknown): Buffer => Buffer.from(open(codec, undefined, context).close(session) ?? []);

const decode = (stored: Uint8Array): unknown => {
	const passage = open(codec, stored, context);
	passage.abort();
	return passage.session;
};

/** Bytes from hexadecimal digits and, in quotes, from characters. */
const bytes = (text: string): Buffer =>
	Buffer.concat(
		[...text.matchAll(/'([^']*)'|([\da-f]+)/g)].map(([, characters, digits = '']) =>
			characters === undefined ? Buffer.from(digits, 'hex') : Buffer.from(characters),
		),
	);

const undecodable = {instanceOf: SessionError, code: 'ERR_SESSION_UNDECODABLE'};

codecConforms(() => msgpack());
codecLimits(codec);
codecProperties('msgpack', msgpack());
codecFuzz('msgpack');
codecRewrites(msgpack(), {
	record(value, isTagged) {
		const session = `83 a9'createdAt' 01 a9'permanent' c3 a4'data' 81 a1'a' ${value}`;
		return bytes(isTagged ? `91 ${session}` : session);
	},
	containers: [
		['91', ''],
		["81 a1'a'", ''],
		["93 a1'b'", "a1'c'"],
		["82 a1'a' 01 a2'$b'", ''],
		['dd00000001', ''],
	],
	tags: [
		["81 a4'$set' 91", ''],
		["81 a4'$map' 91 92 01", ''],
		["81 a4'$map' 91 92", '01'],
		["81 a6'$$date'", ''],
	],
	values: ['01', 'cb8000000000000000', 'cb7ff8000000000000', "a1'a'", 'c0'],
	bigInt: digits => `81 a7'$bigint' db${digits.length.toString(16).padStart(8, '0')}'${digits}'`,
});

test('a session takes about a quarter less space than as JSON', t => {
	for (const {session, size} of sessions) {
		const lengths = [msgpack(), json()].map(codec => open(codec, undefined, {key: 'key'}).close(session)?.length ?? 0);
		const share = (lengths[0] ?? 0) / (lengths[1] ?? 0);
		t.true(share > 0.7 && share < 0.8, `${size} kB: ${share}`);
	}
});

const spellings: Record<string, {value: unknown; text: string}> = {
	'JSON values': {value: [null, true, 1.5, -1, 'é'], text: "81 a1'a' 95 c0 c3 cb3ff8000000000000 ff a2'é'"},
	Date: {value: new Date(5), text: "91 81 a1'a' 81 a5'$date' 05"},
	'an invalid Date': {value: new Date(Number.NaN), text: "91 81 a1'a' 81 a5'$date' c0"},
	Map: {value: new Map([['a', new Date(5)]]), text: "91 81 a1'a' 81 a4'$map' 91 92 a1'a' 81 a5'$date' 05"},
	Set: {value: new Set(['a']), text: "91 81 a1'a' 81 a4'$set' 91 a1'a'"},
	BigInt: {value: -12n, text: "91 81 a1'a' 81 a7'$bigint' a3'-12'"},
	Uint8Array: {value: new Uint8Array([1, 2]), text: "91 81 a1'a' 81 a6'$bytes' c402 0102"},
	Buffer: {value: Buffer.from([1, 2]), text: "91 81 a1'a' 81 a7'$buffer' c402 0102"},
	NaN: {value: Number.NaN, text: "91 81 a1'a' 81 a7'$number' a3'NaN'"},
	'-0': {value: -0, text: "91 81 a1'a' 81 a7'$number' a2'-0'"},
	undefined: {value: undefined, text: "91 81 a1'a' 81 aa'$undefined' c3"},
	'an object like a tag': {value: [{$date: 5}, 1n], text: "91 81 a1'a' 92 81 a6'$$date' 05 81 a7'$bigint' a1'1'"},
	'a bare object like a tag': {value: {$date: 5}, text: "81 a1'a' 81 a5'$date' 05"},
	'half a surrogate pair': {value: '\uD83C', text: `91 81 a1'a' a9'\\"\\ud83c"'`},
	'half a surrogate pair as a key': {value: {'\uD83C': 1}, text: `91 81 a1'a' 81 a9'\\"\\ud83c"' 01`},
	'a text like an escaped one': {value: [1n, '\\'], text: `91 81 a1'a' 92 81 a7'$bigint' a1'1' a5'\\"\\\\"'`},
	'`__proto__`': {value: {['__proto__']: 1}, text: `91 81 a1'a' 81 ac'\\"__proto__"' 01`},
	'what half a surrogate pair would become': {value: '\uFFFD', text: "81 a1'a' a3'\uFFFD'"},
};

for (const [name, {value, text}] of Object.entries(spellings)) {
	test(`what is stored stays readable by later versions: ${name}`, t => {
		t.is(encode({a: value}).toString('hex'), bytes(text).toString('hex'));
		t.notThrows(() => assert.deepStrictEqual(decode(bytes(text)), {a: value}));
	});
}

const plain = new Packr({useRecords: false, variableMapSize: true, useToJSON: false});

test('a session that needs no more than JSON is a plain MessagePack map', t => {
	fc.assert(
		fc.property(objectOf(anyJson), data => {
			fc.pre(!/__proto__|\\ud[89a-f]/.test(JSON.stringify(data)));
			assert.deepEqual(encode({data}), plain.pack({data}));
		}),
	);
	t.pass();
});

test('any other is plain MessagePack too, without extension types', t => {
	t.deepEqual(plain.unpack(encode({at: new Date(5), map: new Map([['a', 1n]]), ['\uD83C']: undefined})), [
		{at: {$date: 5}, map: {$map: [['a', {$bigint: '1'}]]}, '\\"\\ud83c"': {$undefined: true}},
	]);
});

const malformed: Record<string, readonly string[]> = {
	nothing: [''],
	'what is no map': ['c0', 'c3', '05', 'ff', "a1'a'", '90', 'c400', 'cb3ff8000000000000'],
	'an array of anything but one map': ['91c0', '9190', '9180 00', "91a1'a'", '92 80 80', '91 91 80', 'dc000180'],
	'bytes after the end': ['80 00', '80 80', "81 a1'a' 01 c0", '91 80 c1'],
	'an unused token': ['c1', "81 a1'a' c1"],
	'a length beyond the end': [
		...['81', "81 a1'a'", "81 a5'a' 01", "81 a1'a' 91", "81 a1'a' a2'a'", "81 a1'a' cd00", "81 a1'a' cb00"],
		...["81 a1'a' d9", "81 a1'a' d9ff'a'", "81 a1'a' da", "81 a1'a' c4", "81 a1'a' c402 01", "81 a1'a' dc00"],
	],
	'four gigabytes of anything': [
		...['dfffffffff', 'ddffffffff', 'dbffffffff', 'c6ffffffff', 'c9ffffffff'],
		...['c6', 'c9', 'db', 'dd', 'df'].map(token => `81 a1'a' ${token}ffffffff`),
	],
	'arrays that claim what others have': [`81 a1'a' ${'dd00000040'.repeat(64)} ${'c0'.repeat(64)}`],
	'a key that is no text': ['81 01 01', '81 c0 01', '81 c3 01', '81 90 01', '81 80 01', "81 c401'a' 01", '81 ff 01'],
	'text that is no UTF-8': [
		...['ff', 'c080', 'eda080', 'f09f8d', '80', 'c3'].flatMap(octets => {
			const length = (160 + octets.length / 2).toString(16);
			const padded = "'pear pear pear pear pear pear pear pear pear pear pear pear pear pear'";
			return [
				`81 a1'a' ${length}${octets}`,
				`81 ${length}${octets} 01`,
				`81 a1'a' d9${(69 + octets.length / 2).toString(16)}${padded}${octets}`,
			];
		}),
	],
	'numbers that are never written': [
		"81 a1'a' ca3fc00000",
		"81 a1'a' cf0000000000000001",
		"81 a1'a' d30000000000000001",
	],
	'extension types of msgpackr': [
		...[
			'd6ff00000000',
			'd7ff0000000000000000',
			'd40000',
			"d47300 91 a1'a'",
			"d46500 92 a1'a' a1'a'",
			"d47800 92 a1'a' a0",
		],
		...["d47240 91 a1'b' 01", "d5724000 91 a1'b' 01", 'c70974080000000000000000', 'd66900000001 80', 'd67000000001'],
		...['d7420000000000000001', "d66200000001 a1'a' a1'b'", 'd40100', 'd87f00000000000000000000000000000000'],
	].map(extension => `81 a1'a' ${extension}`),
	'tags that are never written': [
		...["a5'$date' a1'a'", "a5'$date' cb43eFFFFFFFFFFFFF", "a7'$bigint' 01", "a7'$bigint' a3'0x1'", "a6'$bytes' a1'a'"],
		...[
			"a7'$buffer' 91 01",
			"a4'$set' 80",
			"a4'$map' 91 91 01",
			"a4'$map' 91 01",
			"aa'$undefined' c2",
			"a8'$unknown' 01",
		],
		...["a7'$number' a1'1'", "a1'$' 01", `a3'\\01' 01`, `a1'a' a2'\\1'`, `a1'a' a1'\\'`, `a1'a' a3'\\"a'`],
	].map(tag => `91 81 a1'a' 81 ${tag.toLowerCase()}`),
	'bytes without a tag, where tags are': ["91 81 a1'a' c401'a'"],
};

for (const [name, texts] of Object.entries(malformed)) {
	test(`undecodable: ${name}`, t => {
		for (const text of texts) {
			const error = t.throws(() => decode(bytes(text)), undecodable, text);
			t.is(error?.cause, undefined);
		}
	});
}

test('a hundred thousand levels are no danger', t => {
	for (const level of ['91', "81 a1'a'", "81 a4'$set' 91", "81 a4'$map' 91 92 01", 'dd00000001', "df00000001 a1'a'"])
		for (const start of ['', '91', "91 81 a1'a'"])
			t.throws(
				() => decode(Buffer.concat([bytes(start), ...Array(100_000).fill(bytes(level)), bytes('01')])),
				undecodable,
			);

	t.deepEqual(
		decode(bytes(`${"81 a1'a'".repeat(128)}01`)),
		decode(encode(decode(bytes(`${"81 a1'a'".repeat(128)}01`)))),
	);
	t.throws(() => decode(bytes(`${"81 a1'a'".repeat(129)}01`)), undecodable);
});

test('if a key comes twice, the last value counts', t => {
	t.deepEqual(decode(bytes("83 a1'a' 01 a1'b' 02 a1'a' 03")), {a: 3, b: 2});
	t.deepEqual(decode(bytes(`91 82 a1'a' 01 a4'\\"a"' 02`)), {a: 2});
});

test('a crafted `__proto__` changes no prototype', t => {
	const crafted = "81 a9'__proto__' 81 a8'polluted' 01";
	for (const text of [crafted, `81 a1'a' ${crafted}`, `91 ${crafted}`, `91 81 a1'a' ${crafted}`]) {
		const session = decode(bytes(text)) as Record<string, unknown>;
		for (const object of [session, session['a'] ?? {}]) {
			t.is(Object.getPrototypeOf(object), Object.prototype);
			t.is((object as {polluted?: unknown}).polluted, undefined);
		}
		t.deepEqual(decode(encode(session)), session);
	}
});

test('trap: typed arrays would be stored with the memory of other messages', t => {
	plain.pack('correct horse battery staple '.repeat(100));
	t.throws(() => encode({a: new Float64Array(8)}), {code: 'ERR_SESSION_NOT_ENCODABLE'});
	t.deepEqual(encode({a: new Uint8Array(64)}).subarray(-64), Buffer.alloc(64));
});

test('trap: decoded bytes would be views of the stored ones', t => {
	const stored = encode({bytes: new Uint8Array([1, 2]), buffer: Buffer.from([3, 4]), text: 'text'});
	const session = decode(stored);
	const untagged = bytes("81 a1'a' c402 0102");
	const untaggedSession = decode(untagged);
	stored.fill(0);
	untagged.fill(0);
	t.deepEqual(session, {bytes: new Uint8Array([1, 2]), buffer: Buffer.from([3, 4]), text: 'text'});
	t.deepEqual(untaggedSession, {a: Buffer.from([1, 2])});
});

test('trap: stored bytes would get a property', t => {
	const stored = Object.preventExtensions(Uint8Array.from(encode({a: 1})));
	t.deepEqual(decode(stored), {a: 1});
	t.false('dataView' in stored);
});

test('trap: msgpackr would pack into memory that others use', t => {
	const others = Buffer.alloc(8192);
	plain.useBuffer(others);
	const stored = [{a: 1}, {at: new Date(1)}].map(
		session => open(codec, undefined, context).close(session) as Uint8Array,
	);
	t.not(others[0], 0, 'it did');
	others.fill(0);
	t.deepEqual(stored.map(decode), [{a: 1}, {at: new Date(1)}]);
	t.true(stored.every(({buffer, length}) => buffer.byteLength === length));
	plain.useBuffer(Buffer.alloc(8192));
});

test('trap: an object of 65,536 keys would throw', t => {
	const large = Object.fromEntries(Array.from({length: 65_536}, (_, index) => [`x${index}`, index]));
	t.deepEqual(decode(encode(large)), large);
});

test('trap: data with the names of methods would be called', t => {
	const session = {a: {toJSON: 'data', constructor: {name: 'data'}, hasOwnProperty: 1, toString: null}};
	t.deepEqual(decode(encode(session)), session);
});

test.serial('trap: extensions that others register would read and write sessions', t => {
	const never = () => t.fail('called');
	for (const Class of [Date, Map, Set, RegExp, Error])
		addExtension({Class, type: 1, pack: never as () => Buffer, unpack: never});
	const session = {at: new Date(5), map: new Map([[1, new Set([2])]])};
	t.notThrows(() => assert.deepStrictEqual(decode(encode(session)), session));
	t.throws(() => decode(bytes("81 a1'a' d40100")), undecodable);
});

test('half a surrogate pair is a change, whatever was stored in its place', t => {
	for (const before of ['a', '\ufffd', 'ä', 'a'.repeat(100)]) {
		for (const after of ['\ud800', `${before.slice(1)}\ud800`, `${before}\udfff`]) {
			const stored = encode({text: before});
			const passage = open(codec, stored, context);
			const kept = passage.close({text: after});
			t.not(kept, stored);
			t.deepEqual(decode(kept ?? stored), {text: after});
		}
	}
});
