import assert from 'node:assert/strict';
import {createDecipheriv, hkdfSync} from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import {codec, type Layer, open} from '../../source/codec.ts';
import type {EncryptionKeys} from '../../source/codecs/encrypt/key-ring.ts';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {json} from '../../source/codecs/json.ts';
import {SessionError} from '../../source/errors.ts';
import {codecConforms} from '../helpers/codecs/conforms.ts';
import {bytes, load, passBy, recordKey, save} from '../helpers/codecs/layer-passages.ts';
import {codecProperties} from '../helpers/codecs/properties.ts';
import {runs} from '../helpers/runs.ts';

const [older, newer, newest] = ['a', 'b', 'c'].map(letter => letter.repeat(32)) as [string, string, string];
const layer = encrypt([newest]);
const plain = Buffer.from('{"createdAt":1767225600000,"permanent":true,"data":{"user":"Ada"}}');
const undecodable = {instanceOf: SessionError, code: 'ERR_SESSION_UNDECODABLE'};
const noKeys = {instanceOf: SessionError, code: 'ERR_SESSION_NO_KEYS'};

codecConforms(() => codec(json(), encrypt([newest, older])));
codecProperties('encrypt', codec(json(), encrypt([newest, older])));

const loadText = (layer: Layer, stored: Uint8Array): string => Buffer.from(load(layer, stored) ?? []).toString();

test('what is stored stays readable by later versions', t => {
	const record = Buffer.from('01958a5daedcaebe2025058ba9353d7336fd7a2f90bf62fcb18f83bbac9fb067c39e2cde87', 'hex');
	t.is(loadText(layer, record), 'pear');
	t.is(passBy(layer, record), record);
});

test('what is stored is AES-256-GCM, as the documentation describes', t => {
	const stored = Buffer.from(save(layer, plain));
	t.is(stored.length, 1 + 4 + 12 + plain.length + 16);
	t.is(stored[0], 1);

	const derive = (purpose: string, length: number) =>
		Buffer.from(hkdfSync('sha256', newest, '', `koa-server-session ${purpose}`, length));
	t.deepEqual(stored.subarray(1, 5), derive('key id', 4));

	const decipher = createDecipheriv('aes-256-gcm', derive('aes-256-gcm', 32), stored.subarray(5, 17));
	decipher.setAAD(Buffer.concat([stored.subarray(0, 5), Buffer.from(recordKey)])).setAuthTag(stored.subarray(-16));
	t.deepEqual(Buffer.concat([decipher.update(stored.subarray(17, -16)), decipher.final()]), plain);
});

test('what is stored contains neither data nor secrets', t => {
	const stored = Buffer.from(save(layer, plain)).toString('latin1');
	for (const text of ['Ada', 'user', 'createdAt', newest.slice(0, 8)]) t.false(stored.includes(text));
});

test('any bytes come back, under any key of the list and for any record', t => {
	const secrets = fc.uniqueArray(fc.string({minLength: 32, maxLength: 80, unit: 'grapheme'}), {
		minLength: 1,
		maxLength: 5,
	});
	fc.assert(
		fc.property(fc.uint8Array({maxLength: 300}), secrets, fc.nat(), fc.string(), (inner, keys, choice, key) => {
			const secret = keys[choice % keys.length] ?? '';
			const stored = save(encrypt([secret]), inner, key);
			assert.deepEqual(Buffer.from(load(encrypt(keys), stored, key) ?? []), Buffer.from(inner));
		}),
		{numRuns: runs(100, 1000)},
	);
	t.pass();
});

test('no bit of a record can be flipped', t => {
	const stored = save(layer, plain);
	for (let bit = 0; bit < stored.length * 8; bit++) {
		const forged = Buffer.from(stored);
		forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
		t.throws(() => load(layer, forged), undecodable, `bit ${bit}`);
	}
});

test('a record cut off anywhere, at either end, or with anything added is refused', t => {
	const stored = save(layer, plain);
	for (let length = 0; length < stored.length; length++) {
		t.throws(() => load(layer, stored.subarray(0, length)), undecodable);
		t.throws(() => load(layer, stored.subarray(stored.length - length)), undecodable);
	}

	for (let octet = 0; octet < 256; octet++) {
		t.throws(() => load(layer, Buffer.concat([stored, Buffer.of(octet)])), undecodable);
		t.throws(() => load(layer, Buffer.concat([Buffer.of(octet), stored])), undecodable);
	}
});

test('no third record can be put together from two', t => {
	const other = Buffer.from(String(plain).replace('Ada', 'Eve'));
	const [left, right] = [save(layer, plain), save(layer, other)];
	for (let cut = 6; cut < left.length; cut++) {
		const spliced = Buffer.concat([left.subarray(0, cut), right.subarray(cut)]);
		if (spliced.equals(left) || spliced.equals(right)) continue;
		t.throws(() => load(layer, spliced), undecodable, `at ${cut}`);
	}
});

test('no forgery is accepted, whatever is changed', t => {
	const stored = Buffer.from(save(layer, plain));
	fc.assert(
		fc.property(fc.nat(stored.length), fc.nat(20), fc.uint8Array({maxLength: 20}), (at, length, put) => {
			const forged = Buffer.concat([stored.subarray(0, at), put, stored.subarray(at + length)]);
			fc.pre(!forged.equals(stored));
			assert.throws(() => load(layer, forged), {code: 'ERR_SESSION_UNDECODABLE'});
		}),
		{numRuns: runs(500, 10_000)},
	);
	t.pass();
});

test('bytes moved to another session are refused', t => {
	const stored = save(layer, plain, 'session:one');
	for (const key of ['session:two', 'session:on', 'session:one ', 'other:one', ''])
		t.throws(() => load(layer, stored, key), {...undecodable, message: /moved here/});
	t.truthy(load(layer, stored, 'session:one'));
});

test('10,000 writes use 10,000 nonces', t => {
	const nonces = new Set<string>();
	for (let times = 0; times < 10_000; times++)
		nonces.add(Buffer.from(save(layer, plain)).subarray(5, 17).toString('hex'));
	t.is(nonces.size, 10_000);
});

test('the newest key seals, and a record of an older key is sealed again once, changed or not', t => {
	const old = save(encrypt([older]), plain);
	const rotated = encrypt([newest, newer, older]);
	t.is(loadText(rotated, old), plain.toString());

	const resealed = passBy(rotated, old);
	assert.ok(resealed && resealed !== old);
	t.is(loadText(layer, resealed), plain.toString(), 'the newest key alone opens it');
	t.is(passBy(rotated, resealed), resealed, 'once');
});

test('an unchanged session is never encrypted, nor is one that is not kept', t => {
	const stored = save(layer, plain);
	t.is(passBy(layer, stored), stored);
	const passage = open(codec(bytes, layer), stored, {key: recordKey});
	t.is(passage.close(undefined), undefined);
	t.is(open(codec(bytes, layer), undefined, {key: recordKey}).close(undefined), undefined);
});

test('keys rotate on a live server, by a function or in the list itself', t => {
	let keys: readonly string[] = [older];
	const list = [older];
	const place = (...secrets: string[]) => {
		keys = secrets;
		list.splice(0, list.length, ...secrets);
	};

	for (const layer of [encrypt(() => keys), encrypt(list)]) {
		place(older);
		const stored = save(layer, plain);
		place(newer, older);
		const resealed = passBy(layer, stored);
		assert.ok(resealed && resealed !== stored);

		place(newer);
		t.is(passBy(layer, resealed), resealed, 'the older key is needed no more');
		t.throws(() => load(layer, stored), {...undecodable, message: /sealed by a key of the list/});
		place(newer, older);
		t.is(loadText(layer, stored), plain.toString(), 'a key that is back opens what it sealed');
	}
});

test('if keys change during a request, the new ones seal what it writes', t => {
	let keys = [older];
	const layer = encrypt(() => keys);
	const passage = open(codec(bytes, layer), save(layer, plain), {key: recordKey});
	keys = [newest, older];
	const kept = passage.close(passage.session);
	t.is(loadText(encrypt([newest]), kept ?? new Uint8Array()), plain.toString());
});

test('another key of the list is never tried', t => {
	const stored = Buffer.from(save(encrypt([older]), plain));
	// Under the name of a key that didn't seal it.
	Buffer.from(save(encrypt([newest]), plain)).copy(stored, 1, 1, 5);
	t.throws(() => load(encrypt([newest, older]), stored), {...undecodable, message: /changed, cut off or moved/});
});

test('a record of another format, or of none, is not opened', t => {
	const stored = Buffer.from(save(layer, plain));
	for (let format = 0; format < 256; format++) {
		stored[0] = format;
		if (format !== 1) t.throws(() => load(layer, stored), {...undecodable, message: /as `encrypt\(\)` writes it/});
	}
	t.throws(() => load(layer, plain), undecodable);
});

/** Keys that may be there later, where a function returns them. */
const missing: Readonly<Record<string, unknown>> = {'an empty list': [], nothing: undefined, null: null};

const wrong: Readonly<Record<string, unknown>> = {
	'a short key': ['a'.repeat(31)],
	'a short key after others': [newest, 'short'],
	'the same key twice': [newest, older, newest],
	'no text': [Buffer.alloc(32)],
	'a text instead of a list': newest,
	'an object': {newest},
	'a number': 1,
};

const message = /^Expected a list of different keys.*keygen` makes a key$/;

for (const [what, keys] of Object.entries({...missing, ...wrong})) {
	test(`keys that cannot encrypt fail at start-up: ${what}`, t => {
		const error = t.throws(() => encrypt(keys as EncryptionKeys), {...noKeys, message});
		t.false(error?.message.includes(newest));
		if (what in wrong) t.throws(() => encrypt((() => keys) as EncryptionKeys), {...noKeys, message});
	});

	test(`keys that cannot encrypt fail at each use of the function that returns them: ${what}`, t => {
		let given: unknown = [];
		const layer = encrypt((() => given) as EncryptionKeys);
		given = keys;
		t.throws(() => save(layer, plain), {...noKeys, message});
		given = [newest];
		const stored = save(layer, plain);
		given = keys;
		t.throws(() => load(layer, stored), noKeys);
		given = [newest];
		t.is(loadText(layer, stored), plain.toString());
	});
}

test('a function whose keys are not there yet is asked again at each use', t => {
	let keys: readonly string[] | undefined;
	const layers = [
		encrypt(() => keys as readonly string[]),
		encrypt(() => {
			if (!keys) throw new RangeError('Not loaded yet');
			return keys;
		}),
	];
	t.throws(() => save(layers[0] as Layer, plain), noKeys);
	t.throws(() => save(layers[1] as Layer, plain), {instanceOf: RangeError});
	keys = [newest];
	for (const each of layers) t.is(loadText(layer, save(each, plain)), plain.toString());
});

const promised: Readonly<Record<string, () => unknown>> = {
	'a promise': () => Promise.resolve([newest]),
	'a promise that rejects': () => Promise.reject(new Error('nobody catches it')),
	'a promise of another library': () => Object.fromEntries([['then', () => undefined]]),
	'an async function': () => async () => [newest],
	'an async function that rejects': () => async () => Promise.reject(new Error('nobody catches it')),
	'a function that returns a promise': () => () => Promise.resolve([newest]),
};

for (const [what, make] of Object.entries(promised)) {
	test(`keys that come later are refused at start-up, with the remedy: ${what}`, t => {
		t.throws(() => encrypt(make() as EncryptionKeys), {
			instanceOf: TypeError,
			message:
				/^Expected the keys of `encrypt\(\)` to be a list.*promise\. Await them first.*`encrypt\(\(\) => keys\)`/,
		});
	});
}

test('a function that returns a promise only later fails at each use, and leaves no unhandled rejection', t => {
	let keys: unknown = [newest];
	const layer = encrypt((() => keys) as EncryptionKeys);
	const stored = save(layer, plain);
	for (const later of [Promise.resolve([newest]), Promise.reject(new Error('nobody catches it'))]) {
		keys = later;
		t.throws(() => load(layer, stored), {...noKeys, message: /got a promise/});
		t.throws(() => save(layer, plain), {...noKeys, message: /got a promise/});
	}
});
