import type {Envelope} from './codec-case.ts';
import {envelope} from './codec-fixtures.ts';

/** A session that every codec keeps. */
export type SessionFixture = {
	/** What is special about it. Unique. */
	readonly name: string;
	readonly session: Envelope;

	/** What comes back. Left out: what went in, by `assert.deepStrictEqual`, and with data and flashes in the same order. */
	readonly expected?: Envelope;
};

/** So many objects and arrays inside each other, by turns; an even number. */
export const nested = (levels: number): Record<string, unknown> => {
	let data: Record<string, unknown> = {inner: []};
	for (let level = 2; level < levels; level += 2) data = {inner: [data]};
	return data;
};

const objectOf = (length: number): Record<string, number> =>
	Object.fromEntries(Array.from({length}, (_, index) => [`x${index}`, index]));

const shared = {sku: 'pear', price: 1.5};

/** Parsed, since a literal with `__proto__` would set a prototype. */
const hostileKeys: Record<string, unknown> = JSON.parse(`{
	"__proto__": {"polluted": true, "__proto__": null}, "constructor": {"prototype": {"polluted": true}},
	"prototype": 1, "hasOwnProperty": 2, "toString": 3, "toJSON": "data", "then": "data", "length": 4,
	"_x": 5, "save": 6, "id": 7, "": 8, " ": 9, "a.b": 10, "0": 11, "-1": 12, "\\u0000": 13, "\\ud800": 14,
	"${'long '.repeat(20)}\\udfff": 15
}`);

/** Where a format with lengths of one, two or four bytes takes the next, in characters, bytes and items. */
const lengths = [15, 16, 31, 32, 33, 127, 128, 255, 256, 65_535, 65_536];

/** Where a format with numbers of one, two, four or eight bytes takes the next. */
const limits = [5, 6, 7, 8, 15, 16, 31, 32, 53, 63, 64].map(bits => 2 ** bits);

/** The types, keys and depths that a session's data may have. */
export const smallFixtures: readonly SessionFixture[] = [
	{name: 'no data', session: envelope({})},
	{name: 'a session that ends with the browser', session: {createdAt: 0, permanent: false, data: {views: 1}}},
	{
		name: 'timeouts of its own',
		session: {...envelope({views: 1}), idleTimeout: 2_592_000_000, absoluteTimeout: 7_776_000_000},
	},
	{name: 'a timeout of its own that never ends it', session: {...envelope({}), absoluteTimeout: null}},
	{name: 'JSON values', session: envelope({a: null, b: true, c: 'text', d: [1, -2.5, 1e300, []], e: {f: {}}})},
	{
		name: 'text of all kinds',
		session: envelope({
			plain: 'naïve 日本語 🍐',
			control: '\0\u001F\u007F\u2028\uFEFF',
			halves: ['\uD83C', '\uDF50', '\uDF50\uD83C'],
			inLongText: [`${'pear '.repeat(100)}\uD83C`, `\uDF50${'日本語'.repeat(100)}`],
			replaced: '\uFFFD',
			escaped: ['\\', '\\"text"', '\\ud83c', '"', "'"],
			empty: '',
		}),
	},
	{name: 'undefined', session: envelope({a: undefined, b: [undefined, 1, undefined], c: {d: undefined}})},
	{
		name: 'numbers that JSON lacks',
		session: envelope({list: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0]}),
	},
	{
		name: 'numbers at their limits',
		session: envelope({
			list: [5e-324, Number.MAX_VALUE, ...limits.flatMap(limit => [limit - 1, limit, -limit, -limit - 1])],
		}),
	},
	{name: 'BigInt', session: envelope({list: [0n, -1n, 2n ** 63n, -(2n ** 64n), 10n ** 100n]})},
	{
		name: 'dates',
		session: envelope({list: [new Date(0), new Date(-1), new Date(8.64e15), new Date(1_767_225_600_123)]}),
	},
	{name: 'an invalid date', session: envelope({at: new Date(Number.NaN)})},
	{
		name: 'maps',
		session: envelope({
			empty: new Map(),
			map: new Map<unknown, unknown>([
				['text', 1],
				[1, 'number'],
				[undefined, null],
				[{object: true}, new Map([['inner', new Date(1)]])],
				['__proto__', {polluted: true}],
			]),
		}),
	},
	{
		name: 'sets',
		session: envelope({empty: new Set(), set: new Set<unknown>(['a', 1, null, undefined, [1], new Set([1n])])}),
	},
	{
		name: 'bytes',
		session: envelope({
			empty: new Uint8Array(),
			octets: Uint8Array.from({length: 256}, (_, octet) => octet),
			view: new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
		}),
	},
	{name: 'buffers', session: envelope({empty: Buffer.alloc(0), octets: Buffer.from([0, 127, 128, 255])})},
	{name: 'keys that could be anything', session: envelope({...hostileKeys, inner: hostileKeys, list: [hostileKeys]})},
	{
		name: 'objects that look like marks of a codec',
		session: envelope({
			$date: 1,
			list: [{$date: 1}, {$$date: 1}, {$: 1}, {$map: [], $set: []}, {type: 'Buffer', data: [1]}],
			typed: {$bigint: {$undefined: new Date(1)}},
			text: ['$', '$undefined', '1970-01-01T00:00:00.000Z'],
		}),
	},
	{name: '100 levels', session: envelope(nested(100))},
	{name: '100 levels around a date', session: envelope({inner: [nested(98)], at: new Date(1)})},
	{name: 'an object in two places', session: envelope({cart: [shared, shared], last: shared})},
	{
		name: 'an object without a prototype',
		session: envelope(Object.assign(Object.create(null), {a: 1})),
		expected: envelope({a: 1}),
	},
	{
		name: 'flash messages that wait',
		session: {
			...envelope({views: 1}),
			flashes: {zV3lBx0hYb7k: ['info', 'Saved'], gV3lBx0hYb7k: ['error', {field: 'a'}]},
		},
	},
	{name: 'a subject', session: {...envelope({}), subject: 'naïve 日本語 🍐'}},
	{name: 'a key that no request has proved yet', session: {...envelope({}), binding: {key: 'x'.repeat(86)}}},
	{
		name: 'a key that every request proves, and the time of the last use',
		session: {...envelope({}), binding: {key: 'x'.repeat(86), since: 1_767_225_600_001}, seenAt: 1_767_225_600_002},
	},
	{name: 'a property of a later version', session: {...envelope({}), ...{later: {than: ['this']}}}},
	{name: 'holes in an array', session: envelope({list: Array(2)}), expected: envelope({list: [undefined, undefined]})},
];

/** The sizes that data may have. As JSON, none takes more than 2 ** 20 bytes. */
export const largeFixtures: readonly SessionFixture[] = [
	{
		name: 'lengths at their limits',
		session: envelope({
			texts: lengths.map(length => 'x'.repeat(length)),
			keys: Object.fromEntries(lengths.map(length => ['x'.repeat(length), length])),
			bytes: lengths.map(length => new Uint8Array(length)),
			lists: lengths.map(length => Array(length).fill(0)),
			objects: [15, 16].map(objectOf),
		}),
	},
	{name: 'an object of 65,536 keys', session: envelope({object: objectOf(65_536)})},
	{name: 'a megabyte', session: envelope({text: 'pear '.repeat(200_000)})},
];

/** What a codec must keep as it is. */
export const sessionFixtures: readonly SessionFixture[] = [...smallFixtures, ...largeFixtures];
