import {createHash, generateKeyPairSync, type KeyObject, sign} from 'node:crypto';

/** What a proof is made of, where it differs from a browser's. */
export type ProofParts = {
	readonly header?: object;
	readonly payload?: object;

	/** Signs with another key than the one it names. */
	readonly signer?: DeviceKey;
};

/** A key in somebody's device, and the proofs that a browser makes with it. By node:crypto alone. */
export class DeviceKey {
	readonly #pair: {readonly privateKey: KeyObject; readonly publicKey: KeyObject};

	constructor() {
		this.#pair = generateKeyPairSync('ec', {namedCurve: 'P-256'});
	}

	get jwk(): {readonly x: string; readonly y: string} {
		const {x = '', y = ''} = this.#pair.publicKey.export({format: 'jwk'});
		return {x, y};
	}

	/** As a binding keeps it. */
	get text(): string {
		const {x, y} = this.jwk;
		return x + y;
	}

	/** How the server names a binding to it. */
	get id(): string {
		return createHash('sha256').update(this.text).digest('base64url');
	}

	/** The proof of a registration, as Chromium 156 sends it. */
	registration(challenge: string, {header, payload, signer = this}: ProofParts = {}): string {
		const {x, y} = this.jwk;
		const jwk = {crv: 'P-256', kty: 'EC', x, y};
		return signer.sign({alg: 'ES256', jwk, typ: 'dbsc+jwt', ...header}, {jti: challenge, ...payload});
	}

	/** The proof of a refresh. */
	refresh(challenge: string, {header, payload, signer = this}: ProofParts = {}): string {
		return signer.sign({alg: 'ES256', typ: 'dbsc+jwt', ...header}, {jti: challenge, ...payload});
	}

	sign(header: object, payload: object): string {
		const text = [header, payload].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
		const signature = sign('sha256', Buffer.from(text), {key: this.#pair.privateKey, dsaEncoding: 'ieee-p1363'});
		return `${text}.${signature.toString('base64url')}`;
	}
}
