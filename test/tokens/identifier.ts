import {createHash} from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import {handleOf, isHandle, isId, makeId} from '../../source/tokens/identifier.ts';

const bytes32 = fc.uint8Array({minLength: 32, maxLength: 32});
const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

test('an id is 32 bytes as 43 characters of base64url, and no two are the same', t => {
	const ids = Array.from({length: 10_000}, makeId);
	t.is(new Set(ids).size, ids.length);
	for (const id of ids) {
		if (!/^[\w-]{43}$/.test(id) || Buffer.from(id, 'base64url').length !== 32 || !isId(id)) t.fail('of another form');
	}
});

test('every bit of an id is drawn: over many ids, each is 0 about as often as 1', t => {
	const count = 4000;
	const ones = new Array<number>(256).fill(0);
	for (let drawn = 0; drawn < count; drawn++) {
		const bytes = Buffer.from(makeId(), 'base64url');
		for (let bit = 0; bit < 256; bit++) ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1);
	}

	// Nine standard deviations: by chance, not once in the age of the universe.
	const deviation = Math.sqrt(count) / 2;
	t.deepEqual(
		ones.filter(number => Math.abs(number - count / 2) > 9 * deviation),
		[],
	);
});

test('property: exactly the base64url of 32 bytes has the form of an id', t => {
	fc.assert(fc.property(bytes32, bytes => isId(toText(bytes)) && isHandle(toText(bytes))));

	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
	const like = fc.array(fc.constantFrom(...alphabet, '+', '/', '=', '.', ' ', '\n', 'é'), {
		minLength: 42,
		maxLength: 44,
	});
	const isCanonical = (text: string) =>
		Buffer.from(text, 'base64url').length === 32 && toText(Buffer.from(text, 'base64url')) === text;
	fc.assert(
		fc.property(
			fc.oneof(
				like.map(all => all.join('')),
				fc.string(),
			),
			text => isId(text) === isCanonical(text),
		),
	);

	for (const last of alphabet) {
		const text = `${'a'.repeat(42)}${last}`;
		t.is(isId(text), isCanonical(text), `of two texts for the same bytes, one counts: ${last}`);
	}
});

test('what surrounds an id makes it none', t => {
	const id = makeId();
	for (const text of [
		'',
		id.slice(1),
		`${id}A`,
		` ${id}`,
		`${id} `,
		`${id}\n`,
		`\n${id}`,
		`${id}\0`,
		`${id}=`,
		`${id}.`,
	]) {
		t.false(isId(text), JSON.stringify(text));
	}
});

test('a hash is the SHA-256 of the characters of the id, as base64url', t => {
	for (const [id, hash] of [
		['', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
		['abc', 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'],
		['A'.repeat(43), 'DwBzhbb51LfusnSGBa_hqYSgo7-j8BTQnip4TOnlzRo'],
	] as const) {
		t.is(handleOf(id), hash);
	}

	const id = makeId();
	t.true(isHandle(handleOf(id)));
	t.not(
		handleOf(id),
		createHash('sha256').update(Buffer.from(id, 'base64url')).digest('base64url'),
		'not of its bytes',
	);
});
