import {createHmac, generateKeyPairSync, sign} from 'node:crypto';
import test from 'ava';
import {isSignedBy, readProof} from '../../source/binding/proof.ts';
import {DeviceKey} from '../helpers/device/device-key.ts';
import {seededRandom} from '../helpers/order/scheduler.ts';
import {runs} from '../helpers/runs.ts';

const device = new DeviceKey();
const stranger = new DeviceKey();
const challenge = `${'A'.repeat(43)}.m3x1k9zq.${'b'.repeat(43)}`;

/** Whether a registration's proof is accepted: it can be read, and the key that it names has signed it. */
const isAccepted = (header: string): boolean => {
	const proof = readProof(header);
	return proof?.key !== undefined && isSignedBy(proof, proof.key);
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('what a browser sends is read, bare or quoted', t => {
	const registration = device.registration(challenge);
	for (const header of [registration, `"${registration}"`]) {
		const proof = readProof(header);
		t.is(proof?.challenge, challenge);
		t.is(proof?.key, device.text);
		t.true(isAccepted(header));
	}

	const refresh = readProof(device.refresh(challenge));
	t.is(refresh?.key, undefined);
	t.true(refresh && isSignedBy(refresh, device.text));
	t.false(refresh && isSignedBy(refresh, stranger.text));
});

test('claims and parameters that later browsers may add change nothing', t => {
	t.true(isAccepted(device.registration(challenge, {header: {kid: '1'}, payload: {aud: 'https://a.test/', iat: 1}})));
});

test('another algorithm, type or curve is refused, no matter who signed', t => {
	const hmac = (alg: string): string => {
		const text = `${encode({alg, typ: 'dbsc+jwt', jwk: {kty: 'EC', crv: 'P-256', ...device.jwk}})}.${encode({jti: challenge})}`;
		return `${text}.${createHmac('sha512', device.text).update(text).digest('base64url')}`;
	};
	const rsa = generateKeyPairSync('rsa', {modulusLength: 2048});
	const rsaText = `${encode({alg: 'RS256', typ: 'dbsc+jwt', jwk: rsa.publicKey.export({format: 'jwk'})})}.${encode({jti: challenge})}`;
	const header = (part: object): string => device.registration(challenge, {header: part});

	for (const refused of [
		...['none', 'HS256', 'ES384', 'RS256', 'es256', 'EdDSA', '', null, ['ES256']].map(alg => header({alg})),
		...['JWT', 'dbsc+aik', 'DBSC+JWT', null].map(typ => header({typ})),
		header({crit: ['exp'], exp: 1}),
		header({jwk: null}),
		header({jwk: {kty: 'EC', crv: 'P-384', ...device.jwk}}),
		header({jwk: {kty: 'oct', k: 'c2VjcmV0', ...device.jwk}}),
		header({jwk: {kty: 'EC', crv: 'P-256', ...device.jwk, d: device.jwk.x}}),
		hmac('HS256'),
		hmac('ES256'),
		`${rsaText}.${sign('sha256', Buffer.from(rsaText), rsa.privateKey).toString('base64url')}`,
		`${rsaText}.`,
		device.registration(challenge, {signer: stranger}),
	]) {
		t.false(isAccepted(refused));
	}
});

test('a point off the curve is no key', t => {
	const {x, y} = device.jwk;
	const zero = 'A'.repeat(43);
	const other = stranger.jwk;
	const largest = Buffer.alloc(32, 0xff).toString('base64url');
	for (const [wrongX, wrongY] of [
		[x, other.y],
		[y, x],
		[zero, zero],
		[x, zero],
		[largest, largest],
		[x, x],
	] as const) {
		const jwk = {kty: 'EC', crv: 'P-256', x: wrongX, y: wrongY};
		t.false(isAccepted(device.registration(challenge, {header: {jwk}})));
		const refresh = readProof(device.refresh(challenge));
		t.false(refresh && isSignedBy(refresh, wrongX + wrongY));
	}

	for (const key of ['', 'x', 'x'.repeat(86), `${x}${y}A`, `${x}=${y}`]) {
		const refresh = readProof(device.refresh(challenge));
		t.false(refresh && isSignedBy(refresh, key), `${key.length} characters`);
	}
});

test('a coordinate or a signature has one length and one spelling', t => {
	const {x, y} = device.jwk;
	for (const jwk of [{x: `${x}=`, y}, {x: x.slice(1), y}, {x: `A${x}`, y}, {x, y: 1}, {x, y: null}, {y}, {x, y: [y]}]) {
		t.is(readProof(device.registration(challenge, {header: {jwk: {kty: 'EC', crv: 'P-256', ...jwk}}})), undefined);
	}

	const whole = device.registration(challenge);
	const [protectedText = '', payload = '', signature = ''] = whole.split('.');
	const bytes = Buffer.from(signature, 'base64url');
	// The last character of 64 bytes has 4 bits to spare.
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
	const respelt = alphabet[(alphabet.indexOf(signature.at(-1) ?? '') & ~15) | 7] ?? '';
	for (const refused of [
		`${whole}=`,
		`${whole}==`,
		`${protectedText}=.${payload}.${signature}`,
		`${protectedText}.${payload}.${bytes.toString('base64')}`,
		`${protectedText}.${payload}.${signature.slice(0, -1)}${respelt}`,
		`${protectedText}.${payload}.${bytes.toString('hex')}`,
		`${protectedText}.${payload}.${bytes.subarray(0, 63).toString('base64url')}`,
		`${protectedText}.${payload}.${Buffer.concat([bytes, Buffer.of(0)]).toString('base64url')}`,
		`${protectedText}.${payload}.${Buffer.concat([Buffer.of(0x30, 0x44), bytes]).toString('base64url')}`,
		`${protectedText}.${payload}`,
		`${protectedText}.${payload}.`,
		`${protectedText}..${signature}`,
		`.${payload}.${signature}`,
		`${whole}.`,
		`${whole}.${signature}`,
		`${whole},${whole}`,
		`${whole}, ${whole}`,
		` ${whole}`,
		`${whole}\n`,
		`"${whole}`,
		`${whole}"`,
		`""${whole}""`,
		`'${whole}'`,
		`:${whole}:`,
	]) {
		t.is(readProof(refused), undefined, refused.slice(-60));
	}
});

test('what is no object, or has no challenge, is refused', t => {
	const good = device.registration(challenge).split('.');
	for (const part of ['null', '1', '[]', '"a"', '', '{', '{}', '\u0000', '{"jti":1}', '{"jti":{"toString":1}}']) {
		const text = Buffer.from(part).toString('base64url');
		t.is(readProof([good[0], text, good[2]].join('.')), undefined, part);
		t.is(readProof([text, good[1], good[2]].join('.')), undefined, part);
	}
});

test('huge inputs are refused at once', t => {
	const million = 'A'.repeat(1_000_000);
	const startedAt = performance.now();
	for (const huge of [
		million,
		`${million}.${million}.${million}`,
		'.'.repeat(1_000_000),
		'"'.repeat(1_000_000),
		device.registration(million),
		device.registration(challenge, {payload: {authorization: million}}),
		device.registration(challenge, {header: {jwk: {kty: 'EC', crv: 'P-256', x: million, y: million}}}),
		'A.'.repeat(1000),
		`${'A'.repeat(1000)}.${'A'.repeat(1000)}`,
		Buffer.from('['.repeat(1200)).toString('base64url'),
	]) {
		t.is(readProof(huge), undefined);
	}

	t.true(performance.now() - startedAt < 2000);
});

test('no mutation of a proof is accepted, none throws, and none takes long', t => {
	const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
	t.log(`SEED=${seed}`);
	const random = seededRandom(seed);
	const upTo = (most: number): number => Math.floor(random() * most);
	const originals = [device.registration(challenge), `"${device.registration(challenge)}"`];
	const canonical = new Set(originals.map(text => text.replaceAll('"', '')));
	const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/."\\, \u0000\u00e9\ud83d';

	/** Another text in place of one part, such as JSON with one character changed. */
	const changeInside = (text: string): string => {
		const parts = text.replaceAll('"', '').split('.');
		const index = upTo(3);
		const bytes = Buffer.from(parts[index] ?? '', 'base64url');
		bytes[upTo(bytes.length)] = upTo(256);
		parts[index] = bytes.toString('base64url');
		return parts.join('.');
	};
	const changes: readonly ((text: string) => string)[] = [
		text => {
			const at = upTo(text.length);
			return text.slice(0, at) + text.slice(at + 1 + upTo(3));
		},
		text => text.slice(0, upTo(text.length)),
		text => {
			const at = upTo(text.length);
			return text.slice(0, at) + (characters[upTo(characters.length)] ?? '') + text.slice(at + upTo(2));
		},
		changeInside,
		text =>
			text
				.split('.')
				.toSorted(() => random() - 0.5)
				.join('.'),
		text => text.replace(/[^.]+/, part => part.toLowerCase()),
		text => text + text.slice(upTo(text.length)),
	];

	let slowest = 0;
	for (let run = 0; run < runs(10_000, 100_000); run++) {
		let text = originals[upTo(originals.length)] ?? '';
		for (let times = upTo(3); times >= 0; times--) text = changes[upTo(changes.length)]?.(text) ?? '';
		const startedAt = performance.now();
		const accepted = isAccepted(text);
		slowest = Math.max(slowest, performance.now() - startedAt);
		if (accepted) t.true(canonical.has(text.replaceAll('"', '')), text);
	}

	t.true(slowest < 500, `${slowest} ms`);
});
