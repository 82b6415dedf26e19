import {z} from 'zod';
import {type Codec, codec} from '../../../source/codec.ts';
import {codecList} from '../../../source/codecs/codec-list.ts';
import {compress} from '../../../source/codecs/compress.ts';
import {encrypt} from '../../../source/codecs/encrypt.ts';
import {json} from '../../../source/codecs/json.ts';
import {msgpack} from '../../../source/codecs/msgpack.ts';
import {schema, type Validator} from '../../../source/codecs/schema.ts';
import type {Envelope} from '../../../source/testing/index.ts';

/** A codec that bad records are tried on. */
export type FuzzedCodec = {
	readonly codec: Codec<Envelope>;

	/** Other codecs whose records it reads, too. */
	readonly writers?: readonly Codec<Envelope>[];

	/** Bytes with a meaning to it, to be put into records. */
	readonly fragments: readonly Uint8Array[];

	/** It may read only records that it wrote. */
	readonly isForgeryProof?: boolean;
};

const texts = (...fragments: readonly string[]): Uint8Array[] => fragments.map(text => Buffer.from(text));
const hex = (...fragments: readonly string[]): Uint8Array[] => fragments.map(digits => Buffer.from(digits, 'hex'));

const fields = z.object({
	user: z.object({name: z.string().trim()}).optional(),
	views: z.number().default(0),
}) as unknown as Validator<Record<string, unknown>>;

/** By name, since a codec can't be sent to another process. */
export const fuzzedCodecs: Readonly<Record<string, FuzzedCodec>> = {
	json: {
		codec: json(),
		fragments: texts(
			...[
				'$',
				'{"$date":',
				'{"$map":[[',
				'{"$set":[',
				'{"$bigint":"',
				'{"$bytes":"',
				'{"$$',
				'"__proto__":',
				'"toJSON":',
			],
			...['[[[[', '{"":', ']', '}', '"', '\\ud800', '1e999', '-0', 'null,'],
		),
	},
	msgpack: {
		codec: msgpack(),
		fragments: [
			...hex(
				'91',
				'81',
				'8f',
				'9f',
				'c0',
				'c1',
				'a1',
				'bf',
				'd9ff',
				'daffff',
				'dc0001',
				'de0001',
				'cb7ff8000000000000',
			),
			// Lengths of 4 GB, and shorter ones that may be right.
			...hex(
				'c6ffffffff',
				'c9ffffffff',
				'dbffffffff',
				'ddffffffff',
				'dfffffffff',
				'dd00000010',
				'df00000008',
				'dcffff',
			),
			// Extension types: timestamps, and what msgpackr reads by default: records, sets, errors, regular expressions …
			...hex(
				'd6ff00000000',
				'c70cff',
				'd47240',
				'd5724000',
				'd47300',
				'd46500',
				'd47800',
				'd66900000001',
				'd67000000001',
			),
			...hex('d4007f', 'd7420000000000000000', 'c70974080000000000000000', 'd66200000004', '40', '7f', 'ed', 'efbfbd'),
			...texts('\u00a9__proto__', '\u00a6toJSON', '\\', '\\"', '$date', '$map', '$bytes', '$bigint', '$$'),
		],
	},
	compress: {
		codec: codec(json(), compress({threshold: 0})),
		writers: [
			codec(json(), compress({algorithm: 'brotli', threshold: 0})),
			codec(json(), compress({algorithm: 'zstd', threshold: 0})),
		],
		// Marks of the algorithms, empty last blocks, a block that repeats what came before, the beginning of a zstd frame.
		fragments: hex(
			'00',
			'01',
			'02',
			'03',
			'0300',
			'4b04',
			'ffffffff',
			'4bd4a11100',
			'28b52ffd',
			'030000',
			'fbffff',
			'3b',
			'06',
		),
	},
	schema: {
		codec: schema(json(), fields),
		fragments: texts('"user":', '{"name":', '"views":', '"__proto__":', '[', '1', 'null,', '"', '{"$date":'),
	},
	list: {
		codec: codecList([json(), msgpack(), codec(json(), compress({threshold: 0})), msgpack()]),
		fragments: hex('00', '01', '02', '03', '04', '05', 'ff', '7b', '81', '91'),
	},
	encrypt: {
		codec: codec(json(), encrypt(['an encryption key of 32 characters'])),
		fragments: hex('00', '01', '000000000000000000000000'),
		isForgeryProof: true,
	},
	'compress, encrypt': {
		codec: codec(msgpack(), compress({threshold: 0}), encrypt(['an encryption key of 32 characters'])),
		fragments: hex('00', '01', '000000000000000000000000'),
		isForgeryProof: true,
	},
};
