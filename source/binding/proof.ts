import {createPublicKey, verify} from 'node:crypto';

/** More than any proof has: with the longest challenge, a browser's is about 450 characters. */
const longest = 2048;

/** A coordinate of a point on P-256, or half of a signature: 32 bytes as base64url, of which the last character has 4 bits. */
const coordinate = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/** A proof as it came: nothing in it is true until its signature is checked with a key that one trusts. */
export type Proof = {
	/** The challenge that it answers. */
	readonly challenge: string;

	/** The public key that it names, as a binding keeps it. Only the proof of a registration has one. */
	readonly key: string | undefined;

	/** What the signature covers. */
	readonly signedText: string;
	readonly signature: Buffer;
};

/**
Reads the JWT of a proof (Device Bound Session Credentials, "DBSC proof").

It is strict: one algorithm, one type, one spelling of each part. A browser never sends another one.

@param header The header `Secure-Session-Response`.
@returns `undefined` if it is anything else.
*/
export const readProof = (header: string): Proof | undefined => {
	if (header.length > longest) return undefined;
	const [, protectedText = '', payloadText = '', signatureText = ''] =
		/^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(unquote(header)) ?? [];
	const signature = fromBase64Url(signatureText);
	// ES256 is r and s, 32 bytes each (RFC 7518, 3.4).
	if (signature?.length !== 64) return undefined;

	const {alg, typ, crit, jwk} = readObject(protectedText);
	// Extensions that must be understood (RFC 7515, 4.1.11) aren't.
	if (alg !== 'ES256' || typ !== 'dbsc+jwt' || crit !== undefined) return undefined;
	const key = jwk === undefined ? undefined : readKey(jwk);
	const {jti} = readObject(payloadText);
	if (typeof jti !== 'string' || (jwk !== undefined && key === undefined)) return undefined;
	return {challenge: jti, key, signedText: `${protectedText}.${payloadText}`, signature};
};

/** Whether the holder of a key made the proof. `false` for a key that is no point on the curve. */
export const isSignedBy = ({signedText, signature}: Proof, key: string): boolean => {
	try {
		const jwk = {kty: 'EC', crv: 'P-256', x: key.slice(0, 43), y: key.slice(43)};
		const publicKey = createPublicKey({key: jwk, format: 'jwk'});
		return verify('sha256', Buffer.from(signedText), {key: publicKey, dsaEncoding: 'ieee-p1363'}, signature);
	} catch {
		return false;
	}
};

/** The text of a string of RFC 9651, or a text without the quotes, as Chromium 156 sends it. */
export const unquote = (header: string): string => /^"([^"\\]*)"$/.exec(header)?.[1] ?? header;

const readKey = (jwk: unknown): string | undefined => {
	if (typeof jwk !== 'object' || jwk === null) return undefined;
	const {kty, crv, x, y, d} = jwk as Record<string, unknown>;
	// A private key isn't one any more once it has been sent.
	if (kty !== 'EC' || crv !== 'P-256' || d !== undefined) return undefined;
	return isCoordinate(x) && isCoordinate(y) ? x + y : undefined;
};

const isCoordinate = (value: unknown): value is string => typeof value === 'string' && coordinate.test(value);

const readObject = (text: string): Record<string, unknown> => {
	try {
		const value: unknown = JSON.parse(fromBase64Url(text)?.toString() ?? '');
		return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
	} catch {
		return {};
	}
};

/** Refuses a second spelling of the same bytes, and bytes that are no UTF-8 are no JSON. */
const fromBase64Url = (text: string): Buffer | undefined => {
	const bytes = Buffer.from(text, 'base64url');
	return bytes.toString('base64url') === text ? bytes : undefined;
};
