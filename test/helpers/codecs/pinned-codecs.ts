import {z} from 'zod';
import {type Codec, codec} from '../../../source/codec.ts';
import {codecList} from '../../../source/codecs/codec-list.ts';
import {compress} from '../../../source/codecs/compress.ts';
import {encrypt} from '../../../source/codecs/encrypt.ts';
import {json} from '../../../source/codecs/json.ts';
import {msgpack} from '../../../source/codecs/msgpack.ts';
import {schema} from '../../../source/codecs/schema.ts';
import type {Envelope} from '../../../source/testing/index.ts';

/** A codec of which every version must read what any earlier one wrote. */
export type PinnedCodec = {readonly codec: Codec<Envelope>; readonly session: Envelope};

/** The record that was written. */
export const context = {key: 'session:gV3lBx0hYb7k2v5mQq1nTz8wR4sJ6uKc9dEfAoPiLMU'};

const about = {createdAt: 1_767_225_600_000, permanent: true};

const bare: Envelope = {
	...about,
	data: {user: 'Ada 日本語 🍐', views: 3, rate: 1.5, admin: false, cart: [{sku: 'pear', tags: []}], none: null},
	flashes: {zV3lBx0hYb7k: ['info', 'Saved']},
};

const typed: Envelope = {
	createdAt: 1_767_225_600_000,
	permanent: false,
	data: {
		at: new Date(1_767_225_600_123),
		never: new Date(Number.NaN),
		map: new Map<unknown, unknown>([
			['text', 1],
			[{key: 1}, new Map()],
		]),
		set: new Set([1, 'a']),
		bigInt: -(2n ** 70n),
		bytes: new Uint8Array([0, 127, 255]),
		buffer: Buffer.from([1, 2, 3]),
		numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
		nothing: undefined,
		lookalikes: [{$date: 1}, {$$date: 1}, '\\', '$'],
		['__proto__']: 'data',
		half: '\uD83C',
	},
};

const long: Envelope = {...about, data: {text: 'pear '.repeat(100)}};
const secret = 'the key of the pinned records, which opens nothing else';
const packed = (algorithm: 'deflate-raw' | 'brotli' | 'zstd') => codec(json(), compress({algorithm, threshold: 100}));
const fields = z.looseObject({user: z.string(), views: z.number()});

/** By the names under which `fixtures/codecs/` has their records. A name stays what it is. */
export const pinnedCodecs: Readonly<Record<string, PinnedCodec>> = {
	'json, bare': {codec: json(), session: bare},
	'json, tagged': {codec: json(), session: typed},
	'msgpack, bare': {codec: msgpack(), session: bare},
	'msgpack, tagged': {codec: msgpack(), session: typed},
	'compress, too short': {codec: codec(json(), compress()), session: bare},
	'compress, deflate-raw': {codec: packed('deflate-raw'), session: long},
	'compress, brotli': {codec: packed('brotli'), session: long},
	'compress, zstd': {codec: packed('zstd'), session: long},
	encrypt: {codec: codec(json(), encrypt([secret])), session: bare},
	'msgpack, compress, encrypt': {
		codec: codec(msgpack(), compress({threshold: 0}), encrypt([secret])),
		session: typed,
	},
	schema: {codec: schema(json(), fields) as unknown as Codec<Envelope>, session: bare},
	'a list, its first': {codec: codecList([json()]), session: bare},
	'a list, its second': {codec: codecList([json(), msgpack()]), session: bare},
	'a list, there and back again': {codec: codecList([json(), msgpack(), json()]), session: typed},
};
