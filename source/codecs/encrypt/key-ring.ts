import {createSecretKey, hkdfSync, type KeyObject} from 'node:crypto';
import {SessionError} from '../../errors.ts';
import {isPromise} from '../../options/checks.ts';
import {perList, type Secrets, shortest} from '../../tokens/secrets.ts';

/** Secrets to encrypt with, newest first, or a function that returns them and is called at every use. */
export type EncryptionKeys = Secrets | (() => Secrets);

/** What a secret is turned into. */
export type EncryptionKey = {
	/** Says in a record which key sealed it, and nothing about the secret. */
	readonly id: Buffer;

	/** With a key object, Node takes a quarter of the time that it takes with the same bytes in a Buffer. */
	readonly key: KeyObject;
};

/** Keys by age. There is a newest one. */
export type KeyRing = readonly [newest: EncryptionKey, ...older: EncryptionKey[]];

/** The length of a key's id in bytes. */
export const idLength = 4;

/**
Finds the keys of this moment. Derives them only when the list has changed.

A function is called here once, so that what can never work fails at start-up. It may return nothing yet.

@throws TypeError For a promise, or a function that returns one.
@throws SessionError `ERR_SESSION_NO_KEYS`, here or from the function that it returns, for keys that can't encrypt.
*/
export const keyRing = (keys: EncryptionKeys): (() => KeyRing) => {
	const ringOf = perList(makeRing);
	if (typeof keys !== 'function') {
		if (isRefusedPromise(keys)) return refusePromise();
		ringOf(check(keys));
		return () => ringOf(keys);
	}

	const given = callEarly(keys);
	if (isRefusedPromise(given)) return refusePromise();
	if (given.length !== 0) ringOf(check(given));
	return () => ringOf(check(keys()));
};

const refusePromise = (): never => {
	throw new TypeError(
		'Expected the keys of `encrypt()` to be a list, or a function that returns one, got a promise. ' +
			'Await them first, and pass `encrypt(() => keys)` if they change later',
	);
};

/** What a function returns at start-up. If its keys aren't there yet, that is an empty list, and each use asks again. */
const callEarly = (keys: () => Secrets): Secrets => {
	try {
		return keys() ?? [];
	} catch {
		return [];
	}
};

const check = (given: unknown): Secrets => {
	if (isRefusedPromise(given)) return refuse('a promise');
	return Array.isArray(given) ? given : refuse('no list');
};

/** Whether it is a promise. Nobody waits for it, so nobody else would catch its rejection, which would end the process. */
const isRefusedPromise = (given: unknown): boolean => {
	if (!isPromise(given)) return false;
	given.then(undefined, () => undefined);
	return true;
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

const refuse = (found: string): never => {
	throw new SessionError(
		'ERR_SESSION_NO_KEYS',
		`Expected a list of different keys to encrypt with, each of ${shortest} characters or more, got ${found}. ` +
			'`npx koa-server-session keygen` makes a key',
	);
};
