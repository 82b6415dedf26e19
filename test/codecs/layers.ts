import test from 'ava';
import * as v from 'valibot';
import {type Codec, codec, type Envelope} from '../../source/codec.ts';
import {codecList} from '../../source/codecs/codec-list.ts';
import {compress} from '../../source/codecs/compress.ts';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {json} from '../../source/codecs/json.ts';
import {msgpack} from '../../source/codecs/msgpack.ts';
import {schema} from '../../source/codecs/schema.ts';
import {codecConforms} from '../helpers/codecs/conforms.ts';
import {codecFuzz} from '../helpers/codecs/fuzz.ts';
import {fuzzedCodecs} from '../helpers/codecs/fuzzed-codecs.ts';
import {codecProperties} from '../helpers/codecs/properties.ts';

const small = compress({threshold: 0});
const sealed = encrypt(['an encryption key of 32 characters']);
const fields = v.record(v.string(), v.unknown());

const composed: Readonly<Record<string, Codec<Envelope<Record<string, unknown>>>>> = {
	// Only `compress, encrypt` makes sense, but any order keeps the contract. Here each layer stands on both sides of each.
	'layers in any order': codec(json(), small, sealed, sealed, small, small),
	'schema within layers': codec(schema(json(), fields), small, sealed),
	'schema around layers': schema(codec(json(), small, sealed), fields),
	'msgpack within layers': codec(msgpack(), small, sealed),
	'a list': codecList([json(), codec(msgpack(), small, sealed), codec(json(), small, sealed)]),
};

for (const [name, codec] of Object.entries(composed)) {
	codecConforms(() => codec, {prefix: `${name}: `});
	codecProperties(name, codec);
}

const fuzzed = ['compress', 'encrypt', 'compress, encrypt', 'schema', 'list'];
for (const name of fuzzed) codecFuzz(name);

test('every codec that is fuzzed is named here or in its own tests', t => {
	t.deepEqual(Object.keys(fuzzedCodecs).toSorted(), [...fuzzed, 'json', 'msgpack'].toSorted());
});
