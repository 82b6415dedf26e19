import test from 'ava';
import {z} from 'zod';
import {type Codec, codec, type Envelope, type Layer, open, pair} from '../../source/codec.ts';
import {codecList} from '../../source/codecs/codec-list.ts';
import {compress} from '../../source/codecs/compress.ts';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {json} from '../../source/codecs/json.ts';
import {msgpack} from '../../source/codecs/msgpack.ts';
import {schema} from '../../source/codecs/schema.ts';
import {SessionError} from '../../source/errors.ts';

const context = {key: 'session:key'};
const undecodable = {instanceOf: SessionError, code: 'ERR_SESSION_UNDECODABLE'};
const [older, newer] = ['an encryption key of 32 characters', 'a newer encryption key of the same'];

const envelope = (data: Record<string, unknown>): Envelope => ({createdAt: 1, permanent: true, data});

const encode = (codec: Codec<Envelope>, data: Record<string, unknown>): Uint8Array =>
	open(codec, undefined, context).close(envelope(data)) ?? new Uint8Array();

const decode = (codec: Codec<Envelope>, stored: Uint8Array): Record<string, unknown> | undefined => {
	const passage = open(codec, stored, context);
	passage.abort();
	return passage.session?.data;
};

/** Reads a record and gives back what it holds, as a request that changes nothing. */
const passBy = (codec: Codec<Envelope>, stored: Uint8Array): Uint8Array => {
	const passage = open(codec, stored, context);
	return passage.close(passage.session) ?? new Uint8Array();
};

const plain: Layer = function* (stored, context, next) {
	return yield* next(stored, context);
};
const textOf = (session: Envelope) => Buffer.from(JSON.stringify(session));
const ofText = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());
const fields = z.object({views: z.number().optional()});
const secrets = () => [newer];

/** Codecs that are made again each time. */
const makers: Readonly<Record<string, () => Codec<Envelope>>> = {
	'json()': () => json(),
	'msgpack()': () => msgpack(),
	'pair() of the same functions': () => pair(textOf, ofText),
	'schema() of the same validator': () => schema(json(), fields, {unknown: 'drop'}) as Codec<Envelope>,
	'compress()': () => codec(json(), compress({threshold: 0})),
	'encrypt() with the same keys': () => codec(json(), encrypt([newer, older])),
	'encrypt() with the same function': () => codec(json(), encrypt(secrets)),
	'layers in the same order': () => codec(msgpack(), plain, compress(), encrypt([newer])),
	'layers that were put together in steps': () => codec(codec(msgpack(), compress()), encrypt([newer])),
};
const aside = codec(json(), encrypt(['a key that is used by nothing else here']));

for (const [name, make] of Object.entries(makers)) {
	test(`${name}: a list goes there and back again, and every process reads what is stored`, t => {
		const before = codecList([make()]);
		const learning = codecList([make(), aside, make()]);
		const moved = codecList([make(), aside]);
		const back = codecList([make(), aside, make()]);

		let stored = encode(before, {views: 1});
		for (const [reader, writer] of [
			[before, learning],
			[learning, moved],
			[moved, back],
		] as const) {
			stored = passBy(writer, stored);
			t.deepEqual(decode(reader, stored), {views: 1});
			t.is(passBy(writer, stored), stored, 'once');
		}
		t.deepEqual(decode(before, stored), {views: 1}, 'the codec that is left alone in its list again');
	});
}

test('layers in steps are those at once', t => {
	const atOnce = () => codec(msgpack(), compress(), encrypt([newer]));
	const inSteps = codec(codec(msgpack(), compress()), encrypt([newer]));
	t.is(encode(codecList([atOnce(), aside, inSteps]), {})[0], 1);
});

test('what decides nothing about what can be read makes no other codec', t => {
	const compressing = [{}, {threshold: 0}, {algorithm: 'brotli'}, {algorithm: 'zstd', threshold: 0}] as const;
	for (const one of compressing)
		for (const other of compressing)
			t.is(encode(codecList([codec(json(), compress(one)), aside, codec(json(), compress(other))]), {})[0], 1);
});

const others: Readonly<Record<string, readonly [Codec<Envelope>, Codec<Envelope>]>> = {
	'another codec': [json(), msgpack()],
	'one layer more': [json(), codec(json(), compress())],
	'one layer less': [codec(json(), compress(), encrypt([newer])), codec(json(), encrypt([newer]))],
	'another order of layers': [codec(json(), compress(), encrypt([newer])), codec(json(), encrypt([newer]), compress())],
	'another limit': [codec(json(), compress()), codec(json(), compress({maxBytes: 1000}))],
	'other keys': [codec(json(), encrypt([older])), codec(json(), encrypt([newer]))],
	'a key more': [codec(json(), encrypt([older])), codec(json(), encrypt([newer, older]))],
	'a key less': [codec(json(), encrypt([newer, older])), codec(json(), encrypt([newer]))],
	'another function for keys': [
		codec(
			json(),
			encrypt(() => [newer]),
		),
		codec(
			json(),
			encrypt(() => [newer]),
		),
	],
	'another encode': [pair(textOf, ofText), pair(session => textOf(session), ofText)],
	'another decode': [pair(textOf, ofText), pair(textOf, bytes => ofText(bytes))],
	'another base of a schema': [schema(json(), fields), schema(msgpack(), fields)] as never,
	'another validator': [schema(json(), fields), schema(json(), z.object({}))] as never,
	'another upgrade': [schema(json(), fields), schema(json(), fields, {upgrade: data => data})] as never,
	'another way with unknown fields': [schema(json(), fields), schema(json(), fields, {unknown: 'drop'})] as never,
	'a function that nobody knows': [json(), (stored, context) => json()(stored, context)],
};

for (const [name, [first, last]] of Object.entries(others)) {
	test(`a codec with ${name} is another one, under its own position`, t => {
		const list = codecList([first, last]);
		const stored = encode(list, {views: 1});
		t.is(stored[0], 2);
		t.deepEqual(decode(list, stored), {views: 1});
		t.is(passBy(list, encode(codecList([first]), {views: 1}))[0], 2, 'what the other wrote is written again');
	});
}

test('a custom codec counts as one wherever it is the same function', t => {
	const make = (): Codec<Envelope> =>
		function* (stored) {
			const kept = yield stored && ofText(stored);
			return kept && textOf(kept);
		};
	const [one, another] = [make(), make()];
	t.is(encode(codecList([one, aside, one]), {})[0], 1);
	t.is(encode(codecList([one, aside, another]), {})[0], 3);
	t.is(encode(codecList([codec(one, plain), aside, codec(one, plain)]), {})[0], 1);
});

test('keys that rotate in the list that they were given in make no other codec', t => {
	const keys = [older];
	const list = codecList([codec(json(), encrypt([older])), aside, codec(json(), encrypt(keys))]);
	const stored = encode(list, {views: 1});
	keys.unshift(newer);
	const resealed = passBy(list, stored);
	t.not(resealed, stored);
	t.is(resealed[0], 1);
	t.deepEqual(decode(list, resealed), {views: 1});
});

test('a record of a position that the list lacks is undecodable, and so is a tombstone', t => {
	for (const position of [0, 3, 254]) {
		const stored = Buffer.concat([Buffer.of(position), encode(json(), {})]);
		t.throws(() => decode(codecList([json(), msgpack()]), stored), {...undecodable, message: /List every codec/});
	}
	t.throws(() => decode(codecList([json()]), new Uint8Array()), undecodable);
});

test('no other codec of the list is tried', t => {
	const list = codecList([json(), aside]);
	t.throws(() => decode(list, Buffer.concat([Buffer.of(2), encode(json(), {admin: true})])), undecodable);
});

test('a list has 1 to 254 codecs', t => {
	for (const length of [0, 255]) {
		const codecs = Array.from({length}, () => json());
		t.throws(() => codecList(codecs), {
			instanceOf: RangeError,
			message: `Expected \`codec\` to list 1 to 254 codecs, got ${length}`,
		});
	}
	const many = codecList([...Array.from({length: 253}, () => json()), aside]);
	t.is(encode(many, {})[0], 254);
});

/** Keeps `RegExp`, which none of our codecs does. */
const keepsMore = pair<Envelope>(
	({data, ...others}) => Buffer.from(JSON.stringify({...others, data: {...data, route: String(data['route'])}})),
	bytes => {
		const {data, ...others} = ofText(bytes);
		return {...others, data: {...data, route: new RegExp(data.route.slice(1, -1))}};
	},
);

const narrower: Readonly<Record<string, Codec<Envelope>>> = {
	'keeps fewer types': json(),
	'keeps fewer bytes': codec(pair(textOf, ofText), compress({maxBytes: 10})),
	'has no keys': codec(
		pair(textOf, ofText),
		encrypt(() => []),
	),
	'returns no bytes': pair(JSON.stringify as never, ofText),
};

for (const [name, newest] of Object.entries(narrower)) {
	test(`a session that the newest codec can't encode stays as it is until it changes: one that ${name}`, t => {
		const stored = encode(codecList([keepsMore]), {route: /a/});
		const list = codecList([keepsMore, newest]);
		t.is(passBy(list, stored), stored);

		const passage = open(list, stored, context);
		t.throws(() => passage.close(envelope({route: /b/})), {
			any: true,
			message: name === 'keeps fewer types' ? /`data\.route`.*RegExp/ : /./,
		});
		const failing = open(list, stored, context);
		t.throws(() => failing.close(envelope({route: Symbol('s')})), {any: true});
		t.is(passBy(list, stored), stored);
	});
}

test('a session that is given up is not kept, whichever codec wrote it', t => {
	const list = codecList([json(), msgpack()]);
	for (const stored of [encode(codecList([json()]), {}), encode(list, {})])
		t.is(open(list, stored, context).close(undefined), undefined);
});
