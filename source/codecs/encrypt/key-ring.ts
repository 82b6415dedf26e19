import {createSecretKey, hkdfSync, type KeyObject} from 'node:crypto';
import {SessionError} from '../../errors.ts';
import {perList, type Secrets, shortest} from '../../tokens/secrets.ts';

/** Secrets to encrypt with, newest first, or a function that gives them, asked at every use. */
export type EncryptionKeys = Secrets | (() => Secrets);

/** What a secret is turned into. */
export type EncryptionKey = {
	/** Tells in a record which key sealed it, and nothing about the secret. */
	readonly id: Buffer;

	/** Node computes with it at a quarter of what the same bytes in a Buffer cost. */
	readonly key: KeyObject;
};

/** Keys by age; there is a newest one. */
export type KeyRing = readonly [newest: EncryptionKey, ...older: EncryptionKey[]];

/** The length of a key's id in bytes. */
export const idLength = 4;

/**
Finds the keys of this moment. Derives them only when the list has changed.

@throws SessionError `ERR_SESSION_NO_KEYS`, here or from the function that it returns, for keys that can't encrypt.
*/
export const keyRing = (keys: EncryptionKeys): (() => KeyRing) => {
	const ringOf = perList(makeRing);
	if (typeof keys === 'function') return () => ringOf(check(keys()));

	ringOf(check(keys));
	return () => ringOf(keys);
};

const makeRing = (secrets: Secrets): KeyRing => {
	const [newest, ...older] = secrets.map(derive);
	if (!newest) return refuse('an empty list');
	if (new Set([newest, ...older].map(({id}) => id.toString('hex'))).size < secrets.length)
		return refuse('the same one twice');
	return [newest, ...older];
};

const derive = (secret: string): EncryptionKey => {
	if (typeof secret !== 'string' || secret.length < shortest) return refuse('one that is shorter, or no text');
	const part = (purpose: string, length: number) =>
		Buffer.from(hkdfSync('sha256', secret, '', `koa-server-session ${purpose}`, length));
	return {id: part('key id', idLength), key: createSecretKey(part('aes-256-gcm', 32))};
};

const check = (secrets: Secrets): Secrets => (Array.isArray(secrets) ? secrets : refuse('no list'));

const refuse = (found: string): never => {
	throw new SessionError(
		'ERR_SESSION_NO_KEYS',
		`Expected a list of different keys to encrypt with, each of ${shortest} characters or more, got ${found}. ` +
			'`npx koa-server-session keygen` makes a key',
	);
};
