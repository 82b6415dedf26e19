import {createHash, generateKeyPairSync, randomBytes, sign} from 'node:crypto';

/** A certificate that no authority has signed, with its private key, in the form that `https.createServer()` takes. */
export type Certificate = {
	readonly key: string;
	readonly cert: string;

	/** The hash of its public key, by which Chromium can be told to take it for valid. */
	readonly pin: string;
};

/** Makes a certificate for this machine, valid for a day. It is kept in memory only, so each start makes another one. */
export const createCertificate = (): Certificate => {
	const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
	const publicInfo = publicKey.export({type: 'spki', format: 'der'});
	const name = sequence(set(sequence(oid(2, 5, 4, 3), text('localhost'))));
	const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 2)); // ecdsa-with-SHA256
	const now = Date.now();
	const day = 86_400_000;

	// RFC 5280, 4.1.
	const content = sequence(
		tagged(0, integer(Buffer.of(2))),
		integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
		algorithm,
		name,
		sequence(time(now - day), time(now + day)),
		name,
		publicInfo,
		tagged(3, sequence(sequence(oid(2, 5, 29, 17), octets(alternativeNames)))),
	);
	const signature = sign('sha256', content, privateKey);
	const der = sequence(content, algorithm, bits(signature));
	return {
		key: privateKey.export({type: 'pkcs8', format: 'pem'}).toString(),
		cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
		pin: createHash('sha256').update(publicInfo).digest('base64'),
	};
};

/** A value in DER: its tag, its length and its content. */
const value = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
	const content = Buffer.concat(parts);
	const length = content.length;
	const longLength = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
	return Buffer.concat([Buffer.of(tag), Buffer.from(length < 128 ? [length] : longLength), content]);
};

const sequence = (...parts: readonly Uint8Array[]) => value(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]) => value(0x31, ...parts);
const tagged = (number: number, part: Uint8Array) => value(0xa0 + number, part);
const integer = (bytes: Uint8Array) => value(0x02, bytes);
const octets = (bytes: Uint8Array) => value(0x04, bytes);
const bits = (bytes: Uint8Array) => value(0x03, Buffer.of(0), bytes);
const text = (string: string) => value(0x0c, Buffer.from(string));
const time = (at: number) =>
	value(0x17, Buffer.from(`${new Date(at).toISOString().replaceAll(/^..|[-:T]|\..*/g, '')}Z`));

/** The first two numbers share an octet. Of a larger number, all octets but the last have their highest bit set. */
const oid = (first: number, second: number, ...others: readonly number[]) =>
	value(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]));

const base128 = (number: number): number[] => {
	const octets = [number & 127];
	for (let rest = number >> 7; rest > 0; rest >>= 7) octets.unshift((rest & 127) | 128);
	return octets;
};

const alternativeNames = sequence(value(0x82, Buffer.from('localhost')), value(0x87, Buffer.of(127, 0, 0, 1)));
