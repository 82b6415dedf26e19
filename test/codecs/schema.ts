import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import test from 'ava';
import {expectTypeOf} from 'expect-type';
import * as v from 'valibot';
import {z} from 'zod';
import {type Codec, codec, type Envelope, open, type Stored} from '../../source/codec.ts';
import {compress} from '../../source/codecs/compress.ts';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {json} from '../../source/codecs/json.ts';
import {msgpack} from '../../source/codecs/msgpack.ts';
import {schema, type Validator} from '../../source/codecs/schema.ts';
import {SessionError} from '../../source/errors.ts';
import session, {type Session} from '../../source/index.ts';
import {nested} from '../../source/testing/codec/session-fixtures.ts';
import {codecConforms} from '../helpers/codecs/conforms.ts';
import {codecProperties} from '../helpers/codecs/properties.ts';

const context = {key: 'session:key'};
const newest = 'the newest key, of 32 characters or more';
const undecodable = {instanceOf: SessionError, code: 'ERR_SESSION_UNDECODABLE'};
const notEncodable = {instanceOf: SessionError, code: 'ERR_SESSION_NOT_ENCODABLE'};

const envelope = <Data>(data: Data): Envelope<Data> => ({createdAt: 1, permanent: true, data});

/** A record of data that no validator saw. */
const bare = (data: object): Uint8Array => encode(json<Envelope<object>>(), data);

const encode = <Data extends object>(codec: Codec<Envelope<Data>>, data: Data): Uint8Array =>
	open(codec, undefined, context).close(envelope(data)) ?? new Uint8Array();

const decode = <Data extends object>(codec: Codec<Envelope<Data>>, stored: Uint8Array): Data | undefined => {
	const passage = open(codec, stored, context);
	passage.abort();
	return passage.session?.data;
};

/** Reads a record and gives back what it holds, as a request that changes nothing. */
const passBy = <Data extends object>(codec: Codec<Envelope<Data>>, stored: Uint8Array): Stored => {
	const passage = open(codec, stored, context);
	return passage.close(passage.session);
};

const textOf = (stored: Stored): unknown => JSON.parse(Buffer.from(stored ?? []).toString()).data;

/** The same fields, by two libraries. */
const validators = {
	zod: z.object({
		user: z.object({name: z.string(), age: z.number().optional()}).optional(),
		cart: z.array(z.object({sku: z.string(), count: z.number().default(1)})).optional(),
		email: z.string().trim().optional(),
	}),
	valibot: v.object({
		user: v.optional(v.object({name: v.string(), age: v.optional(v.number())})),
		cart: v.optional(v.array(v.object({sku: v.string(), count: v.optional(v.number(), 1)}))),
		email: v.optional(v.pipe(v.string(), v.trim())),
	}),
} satisfies Record<string, Validator<object>>;

codecConforms(() => schema(json(), z.record(z.string(), z.unknown())), {prefix: 'zod: '});
codecConforms(() => schema(json(), z.looseObject({})), {prefix: 'zod, loose: '});
codecConforms(() => schema(json(), v.record(v.string(), v.unknown())), {prefix: 'valibot: '});
codecConforms(() => schema(json(), z.object({})), {prefix: 'unknown fields alone: '});
codecProperties('zod', schema(json(), z.record(z.string(), z.unknown())));
codecProperties('valibot', schema(json(), v.record(v.string(), v.unknown())));
codecProperties('unknown fields alone', schema(json(), z.object({})));

for (const [library, fields] of Object.entries(validators)) {
	const checked = schema(json(), fields as typeof validators.zod);

	test(`${library}: what fits passes, and stays unchanged`, t => {
		const data = {email: 'ada@example.org', cart: [{count: 2, sku: 'pear'}], user: {age: 36, name: 'Ada'}};
		const stored = encode(checked, data);
		t.deepEqual(textOf(stored), data);
		t.deepEqual(decode(checked, stored), data);
		for (const bytes of [stored, bare(data), bare({})]) t.is(passBy(checked, bytes), bytes);
	});

	test(`${library}: stored data that does not fit is undecodable, and the error has its paths and no values`, t => {
		const stored = bare({user: {name: 5, age: 'secret'}, cart: [{sku: 'pear'}, {sku: ['secret']}]});
		const error = t.throws(() => decode(checked, stored), undecodable);
		for (const path of ['data.user.name', 'data.user.age', 'data.cart[1].sku'])
			t.true(error?.message.includes(`\`${path}\``));
		t.notRegex(error?.message ?? '', /secret/);
		t.is(error?.cause, undefined);
	});

	test(`${library}: data of a route that does not fit is refused after the yield, and the error has its paths`, t => {
		const stored = bare({user: {name: 'Ada'}});
		const passage = open(checked, stored, context);
		const bad = {user: {name: 5}, cart: [{sku: 'secret', count: 'secret'}]} as never;
		const error = t.throws(() => passage.close(envelope(bad)), notEncodable);
		t.regex(error?.message ?? '', /`data\.user\.name`, `data\.cart\[0\]\.count`/);
		t.notRegex(error?.message ?? '', /secret/);
	});

	test(`${library}: a default, or a trimmed text, is stored once`, t => {
		const stored = bare({cart: [{sku: 'pear'}], email: ' ada@example.org '});
		const expected = {cart: [{sku: 'pear', count: 1}], email: 'ada@example.org'};
		t.deepEqual(decode(checked, stored), expected);

		const kept = passBy(checked, stored);
		t.deepEqual(textOf(kept), expected);
		t.is(passBy(checked, kept ?? stored), kept, 'once');
		t.deepEqual(textOf(encode(checked, {cart: [{sku: 'pear'}], email: ' ada '} as never)), {...expected, email: 'ada'});
	});

	const newer = {theme: 'dark', user: {name: 'Ada', locale: 'de'}, cart: [{sku: 'pear', note: 'ripe', count: 1}]};

	test(`${library}: unknown fields stay in the session by default, at any depth`, t => {
		const stored = bare(newer);
		t.deepEqual(decode(checked, stored), newer as never);
		t.is(passBy(checked, stored), stored);

		const passage = open(checked, stored, context);
		const data = passage.session?.data;
		assert.ok(data?.user && data.cart);
		data.user.name = 'Eve';
		data.cart.push({sku: 'apple', count: 3});
		t.deepEqual(textOf(passage.close(passage.session)), {
			theme: 'dark',
			user: {name: 'Eve', locale: 'de'},
			cart: [
				{sku: 'pear', note: 'ripe', count: 1},
				{sku: 'apple', count: 3},
			],
		});
	});

	test(`${library}: with 'drop', unknown fields are neither read nor stored`, t => {
		const dropping = schema(json(), fields as typeof validators.zod, {unknown: 'drop'});
		const known = {user: {name: 'Ada'}, cart: [{sku: 'pear', count: 1}]};
		t.deepEqual(decode(dropping, bare(newer)), known);
		const kept = passBy(dropping, bare(newer));
		t.deepEqual(textOf(kept), known);
		t.is(passBy(dropping, kept ?? new Uint8Array()), kept, 'once');
		t.deepEqual(textOf(encode(dropping, newer as never)), known);
	});
}

test('a validator may refuse unknown fields', t => {
	const strict = schema(json(), z.strictObject({a: z.number()}));
	t.throws(() => decode(strict, bare({a: 1, b: 2})), undecodable);
	t.throws(() => encode(strict, {a: 1, b: 2} as never), notEncodable);
});

test('older shapes are upgraded before they are validated, and written once', t => {
	const present = z.strictObject({name: z.string()});
	const upgraded = schema(json(), present, {
		upgrade: ({first, last, ...rest}) => (first === undefined ? rest : {...rest, name: `${first} ${last}`}),
	});
	const stored = bare({first: 'Ada', last: 'Lovelace'});
	t.deepEqual(decode(upgraded, stored), {name: 'Ada Lovelace'});

	const kept = passBy(upgraded, stored);
	t.deepEqual(textOf(kept), {name: 'Ada Lovelace'});
	t.is(passBy(upgraded, kept ?? stored), kept, 'once');
	t.throws(() => decode(schema(json(), present), stored), {...undecodable, message: /`upgrade`/});
});

test('an upgrade may change its argument in place, and if it throws, the record is undecodable', t => {
	const fields = z.object({count: z.number()});
	const stored = bare({count: '1'});
	const inPlace = schema(json(), fields, {upgrade: data => Object.assign(data, {count: Number(data['count'])})});
	t.deepEqual(textOf(passBy(inPlace, stored)), {count: 1});

	const failing = schema(json(), fields, {
		upgrade() {
			throw new RangeError('no');
		},
	});
	t.throws(() => decode(failing, stored), {instanceOf: RangeError});
});

const urls = z.preprocess(value => (typeof value === 'string' ? new URL(value) : value), z.instanceof(URL));

/** Validators and upgrades that can read stored data, but not write what they make of it. */
const oneWay: Readonly<Record<string, {readonly codec: Codec<Envelope<object>>; readonly message: RegExp}>> = {
	'a number made of a text': {
		codec: schema(json(), z.object({value: z.string().transform(Number)})),
		message: /accepts its own output, but it doesn't at `data\.value`\. Leave out/,
	},
	'a date made of a text': {
		codec: schema(
			json(),
			v.object({
				value: v.pipe(
					v.string(),
					v.transform(text => new Date(text)),
				),
			}),
		),
		message: /accepts its own output.*`data\.value`/,
	},
	'what no codec keeps, made by the validator': {
		codec: schema(json(), z.object({value: urls})),
		message: /return data that can be stored.*See `cause`/,
	},
	'what no codec keeps, made by `upgrade`': {
		codec: schema(json(), z.looseObject({}), {upgrade: data => Object.assign(data, {value: () => 1})}),
		message: /return data that can be stored.*See `cause`/,
	},
	'more levels than any codec keeps': {
		codec: schema(json(), z.looseObject({}), {upgrade: data => ({data: nested(128), ...data})}),
		message: /return data that can be stored.*See `cause`/,
	},
};

for (const [name, {codec, message}] of Object.entries(oneWay)) {
	test(`stored data is undecodable if what reading makes of it could not be written: ${name}`, t => {
		const stored = bare({value: 'https://example.org/secret'});
		const error = t.throws(() => decode(codec, stored), {...undecodable, message});
		t.notRegex(inspect(error, {depth: 5}), /secret/);
	});
}

test('a validator may return any type that the codec keeps', t => {
	const dates = z.preprocess(value => (typeof value === 'string' ? new Date(value) : value), z.date());
	const read = schema(json(), z.object({at: dates, tags: z.set(z.string()).default(new Set(['a']))}));
	const stored = bare({at: '1970-01-01T00:00:00.000Z'});
	t.deepEqual(decode(read, stored), {at: new Date(0), tags: new Set(['a'])});
	const kept = passBy(read, stored);
	t.is(passBy(read, kept ?? stored), kept, 'written once');
});

test('what decodes is written again at any depth, whether the validator knows it or not', t => {
	const deepest = nested(126);
	for (const each of [
		schema(json(), z.looseObject({})),
		schema(json(), z.object({})),
		schema(msgpack(), v.record(v.string(), v.unknown())),
	] as const) {
		const stored = open(each as Codec<Envelope<object>>, undefined, context).close(envelope({deepest}));
		assert.ok(stored);
		t.is(passBy(each as Codec<Envelope<object>>, stored), stored);
		const passage = open(each as Codec<Envelope<object>>, stored, context);
		t.truthy(passage.close(envelope({...passage.session?.data, more: [new Date(0)]})));
	}
	t.throws(
		() => decode(schema(json(), z.object({})), Buffer.from(JSON.stringify(envelope({deepest: nested(128)})))),
		undecodable,
	);
});

test('an asynchronous validator is refused at its first use, in both directions, and leaves no unhandled rejection', t => {
	const later: readonly Validator<object>[] = [
		v.objectAsync({
			a: v.pipeAsync(
				v.number(),
				v.checkAsync(async () => true),
			),
		}),
		z.object({a: z.number()}).refine(async () => true),
		{'~standard': {validate: () => Promise.reject(new Error('nobody catches it'))}},
	];
	for (const fields of later) {
		const checked = schema(json(), fields);
		t.throws(() => encode(checked, {a: 1}), {...notEncodable, message: /synchronous validator, got a promise/});
		t.throws(() => decode(checked, bare({a: 1})), {...undecodable, message: /synchronous validator, got a promise/});
	}
});

test('`__proto__`, and names of Object.prototype, are fields like any other', t => {
	const evil = JSON.parse(
		'{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":2,"a":{"__proto__":3}}',
	);
	const checked = schema(json(), z.object({a: z.object({}).optional()}));
	const stored = bare(evil);
	t.is(passBy(checked, stored), stored);
	t.deepEqual(Object.keys(decode(checked, stored) ?? {}), Object.keys(evil));
	t.is(({} as {polluted?: unknown}).polluted, undefined);
});

test('long paths, many paths, and paths without names are shortened', t => {
	const found = (...paths: unknown[]) => {
		const issues = paths.map(path => ({path, message: 'secret'})) as never;
		const checked = schema(json(), {'~standard': {validate: () => ({issues})}});
		return t.throws(() => decode(checked, bare({})), undecodable)?.message ?? '';
	};
	t.regex(found(undefined), /at `data`\./);
	t.regex(found(['a b', 0, {key: 'c'}]), /at `data\["a b"\]\[0\]\.c`\./);
	t.regex(found([Symbol('secret')], [{key: {secret: 1}}]), /at `data\["\?"\]`\./);
	t.regex(found(['a'], ['b'], ['c'], ['d'], ['e'], ['f'], ['g']), /`data\.e` and 2 more\./);
	t.true(found(['k'.repeat(100_000)]).length < 500);
});

test('anything but a codec, a validator and options is refused at start-up', t => {
	const fields = z.object({});
	t.throws(() => schema(fields as never, json() as never), {instanceOf: TypeError, message: /a codec such as/});
	for (const validator of [undefined, null, {}, () => true, {'~standard': {}}])
		t.throws(() => schema(json(), validator as never), {instanceOf: TypeError, message: /standardschema\.dev/});
	t.throws(() => schema(json(), fields, {upgrade: 1 as never}), {instanceOf: TypeError, message: /`upgrade`/});
	t.throws(() => schema(json(), fields, {unknown: 'hide' as never}), {instanceOf: TypeError, message: /`unknown`/});
});

test('types: the validator says what `ctx.session` holds', t => {
	type Fields = {user?: {name: string; age?: number | undefined} | undefined};
	const checked = schema(json(), z.object({user: validators.zod.shape.user}));
	expectTypeOf(checked).toEqualTypeOf<Codec<Envelope<Fields>>>();
	expectTypeOf(schema(json(), v.object({views: v.number()}))).toEqualTypeOf<Codec<Envelope<{views: number}>>>();
	expectTypeOf(codec(checked, compress())).toEqualTypeOf<Codec<Envelope<Fields>>>();
	expectTypeOf(schema(codec(json(), compress()), z.object({views: z.number()}))).toEqualTypeOf<
		Codec<Envelope<{views: number}>>
	>();

	const sessions = session({codec: codec(checked, compress(), encrypt([newest]))});
	type Context = Parameters<typeof sessions>[0];
	expectTypeOf<Context['session']['user']>().toEqualTypeOf<Fields['user']>();
	expectTypeOf<Context['session']>().toEqualTypeOf<Session<Fields>>();
	expectTypeOf(sessions.create).parameter(0).toEqualTypeOf<Fields>();

	const list = session({
		codec: [json(), codec(json(), compress())].map(each => schema(each, z.object({a: z.string()}))),
	});
	expectTypeOf<Parameters<typeof list>[0]['session']['a']>().toEqualTypeOf<string>();

	for (const codecs of [json(), codec(json(), compress()), [json(), codec(json(), compress())]] as const) {
		const untyped = session({codec: codecs});
		expectTypeOf<Parameters<typeof untyped>[0]['session']['anything']>().toEqualTypeOf<unknown>();
	}

	interface Cart {
		views?: number;
	}
	const typed = session<Cart>({codec: [json(), codec(json(), compress())]});
	expectTypeOf<Parameters<typeof typed>[0]['session']>().toEqualTypeOf<Session<Cart>>();

	// @ts-expect-error a validator of anything but fields
	schema(json(), z.string());
	// @ts-expect-error an upgrade that returns nothing
	schema(json(), z.object({}), {upgrade() {}});
	t.pass();
});
