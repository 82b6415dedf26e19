import {timingSafeEqual} from 'node:crypto';
import Keygrip from 'keygrip';
import {SessionError} from '../errors.ts';
import {warnOnce} from '../warning.ts';
import {handleOf, isId} from './identifier.ts';
import {perList, type Secrets, shortest} from './secrets.ts';

/** The part of `Keygrip` that signing needs. */
export interface KeySet {
	/** Signs with the newest key. */
	sign(data: string): string;

	/** Which key signed: 0 is the newest, -1 means none. */
	index(data: string, digest: string): number;
}

/** Secrets, newest first, or your own `Keygrip`, which is used as it is. */
export type KeyList = Secrets | KeySet;

/** Keys, or a function that returns them. It is called at every use, so that keys can change on a live server. */
export type Keys = KeyList | (() => KeyList | undefined);

/** What a valid token contains. */
export type Verified = {
	readonly id: string;

	/** The id's hash, which the store sees in its place. */
	readonly handle: string;

	/** The key of its record: the prefix and the handle. */
	readonly key: string;

	/** An older key signed it, so `Client.announce()` issues the token again, signed with the newest. */
	readonly isStale: boolean;
};

const idLength = 43;

/** How many verified tokens are remembered: those of the clients that are active now. */
const remembered = 1000;

/** Turns ids into tokens and back. */
export interface Signer {
	/** Checks that there are keys. @throws SessionError `ERR_SESSION_NO_KEYS`, or the error of the function `keys`. */
	check(): void;

	/** The keys, for what else is signed with them. @throws SessionError As `check()`, also if tokens aren't signed. */
	keys(): KeySet;

	/** Makes the token of an id for a transport of this name. */
	sign(id: string, name: string): string;

	/** Finds the id of a token, or says what is wrong with the token. Doesn't use the store. */
	verify(token: string, name: string): Verified | 'malformed' | 'signature';
}

/**
Tokens without a signature, for `signed: false`: each is an id.

@param prefix Of the keys of records.
*/
export const unsigned = (prefix: string): Signer => ({
	check: () => undefined,
	keys: () => refuse('none, as `signed` is `false`'),
	sign: id => id,
	verify: token => (isId(token) ? verifiedAs(token, prefix, false) : 'malformed'),
});

/**
Tokens of the form `id.signature`, signed with HMAC-SHA-256.

The signature also covers the transport's name and `property`. So a middleware refuses the tokens of another one, even
if both use the same store.

@param prefix Of the keys of records.
*/
export const signed = (findKeys: () => KeyList | undefined, property: string, prefix: string): Signer => {
	const ofSecrets = perList(knownKeys);
	const find = (): KnownKeys => {
		const keys = findKeys();
		// Nothing is remembered for an application's own Keygrip: its keys may change unseen.
		return isList(keys) ? ofSecrets(keys) : {keySet: fast(checkKeySet(keys))};
	};
	const payload = (id: string, name: string) => `${id}.${JSON.stringify([name, property])}`;

	return {
		check: () => void find(),
		keys: () => find().keySet,
		sign: (id, name) => `${id}.${find().keySet.sign(payload(id, name))}`,
		verify(token, name) {
			const {keySet, verified} = find();
			const known = verified?.get(token);
			if (known?.name === name) return known;

			const id = token.slice(0, idLength);
			if (!isId(id) || token[idLength] !== '.') return 'malformed';

			const index = keySet.index(payload(id, name), token.slice(idLength + 1));
			if (index === -1) return 'signature';

			const result = {...verifiedAs(id, prefix, index > 0), name};
			if (verified && verified.size >= remembered) verified.clear();
			verified?.set(token, result);
			return result;
		},
	};
};

const verifiedAs = (id: string, prefix: string, isStale: boolean): Verified => {
	const handle = handleOf(id);
	return {id, handle, key: prefix + handle, isStale};
};

/** A key set, and the tokens that it verified recently: an active client sends the same token again and again. */
type KnownKeys = {readonly keySet: KeySet; readonly verified?: Map<string, Verified & {readonly name: string}>};

const knownKeys = (secrets: Secrets): KnownKeys => ({
	keySet: oneByOne(check(secrets).map(secret => new Keygrip([secret], 'sha256'))),
	verified: new Map(),
});

// `Array.isArray` doesn't narrow read-only arrays.
const isList = (keys: KeyList | undefined): keys is Secrets => Array.isArray(keys);

/** One Keygrip for each key: comparing signatures here costs a fifteenth of one Keygrip's `index`. */
const oneByOne = (keygrips: readonly KeySet[]): KeySet => ({
	sign: data => (keygrips[0] ?? refuse('no keys')).sign(data),
	index: (data, digest) => keygrips.findIndex(keygrip => isSame(keygrip.sign(data), digest)),
});

/** An application's own Keygrip. Its `index` is called only if the newest key didn't sign. */
const fast = (keygrip: KeySet): KeySet => ({
	sign: data => keygrip.sign(data),
	index: (data, digest) => (isSame(keygrip.sign(data), digest) ? 0 : keygrip.index(data, digest)),
});

const isSame = (expected: string, given: string): boolean => {
	const [left, right] = [Buffer.from(expected), Buffer.from(given)];
	return left.length === right.length && timingSafeEqual(left, right);
};

const checkKeySet = (keys: KeySet | undefined): KeySet => {
	if (!keys) return refuse('no keys');
	const {then} = keys as {readonly then?: unknown};
	if (typeof then === 'function') return refuse('a promise, which has to be awaited first');
	if (typeof keys.sign !== 'function' || typeof keys.index !== 'function') return refuse('no list and no `Keygrip`');
	return keys;
};

const check = (keys: Secrets): Secrets => {
	if (keys.length === 0) return refuse('an empty list of keys');
	if (keys.some(key => typeof key !== 'string' || key === '')) return refuse('a key that is empty or no text');
	if (keys.some(key => key.length < shortest)) warnOfShortKeys();
	return keys;
};

const refuse = (found: string): never => {
	throw new SessionError(
		'ERR_SESSION_NO_KEYS',
		`Expected keys to sign sessions with, got ${found}. Set \`app.keys = ['a secret of 32 characters or more']\` or the option \`keys\``,
	);
};

const warnOfShortKeys = (): void => {
	if (process.env['NODE_ENV'] !== 'production') return;
	warnOnce('SHORT_KEY', `A key that signs sessions is shorter than ${shortest} characters, so it can be guessed`);
};
