import test from 'ava';
import * as v from 'valibot';
import {type Codec, codec, type Envelope, type Layer} from '../../source/codec.ts';
import {history} from '../../source/codecs/codec-list.ts';
import {compress} from '../../source/codecs/compress.ts';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {json} from '../../source/codecs/json.ts';
import {msgpack} from '../../source/codecs/msgpack.ts';
import {schema} from '../../source/codecs/schema.ts';
import {codecConforms} from '../helpers/codecs/conforms.ts';
import {codecFuzz} from '../helpers/codecs/fuzz.ts';
import {fuzzedCodecs} from '../helpers/codecs/fuzzed-codecs.ts';
import {codecProperties} from '../helpers/codecs/properties.ts';

const layers: Readonly<Record<string, Layer>> = {
	compress: compress({threshold: 0}),
	encrypt: encrypt(['an encryption key of 32 characters']),
};

const names = Object.keys(layers);
const pairs = names.flatMap(inner => names.map(outer => [inner, outer]));
const triples = names.flatMap(inner => pairs.map(outer => [inner, ...outer]));

// Any order keeps the contract; that only `compress, encrypt` makes sense is for the reader.
for (const order of [...pairs, ...triples]) {
	const composed = codec(json(), ...order.flatMap(name => layers[name] ?? []));
	codecConforms(() => composed, {prefix: `${order.join(', ')}: `});
	codecProperties(order.join(', '), composed);
}

const fields = v.record(v.string(), v.unknown());
const around: Readonly<Record<string, Codec<Envelope<Record<string, unknown>>>>> = {
	'schema within layers': codec(schema(json(), fields), ...Object.values(layers)),
	'schema around layers': schema(codec(json(), ...Object.values(layers)), fields),
};
for (const [name, codec] of Object.entries(around)) {
	codecConforms(() => codec, {prefix: `${name}: `});
	codecProperties(name, codec);
}

const fuzzed = ['compress', 'encrypt', 'compress, encrypt', 'schema', 'history'];
for (const name of fuzzed) codecFuzz(name);

test('every codec that is fuzzed is named here or beside the tests of its own', t => {
	t.deepEqual(Object.keys(fuzzedCodecs).toSorted(), [...fuzzed, 'json', 'msgpack'].toSorted());
});

const whole = codec(msgpack(), ...Object.values(layers));
codecConforms(() => whole, {prefix: 'msgpack within layers: '});
codecProperties('msgpack within layers', whole);

const changed = history([json(), whole, codec(json(), ...Object.values(layers))]);
codecConforms(() => changed, {prefix: 'history: '});
codecProperties('history', changed);
