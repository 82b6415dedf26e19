import {timingSafeEqual} from 'node:crypto';
import Keygrip from 'keygrip';
import {SessionError} from './errors.ts';
import {isId} from './identifier.ts';

/** The part of `Keygrip` that signing needs. */
export interface KeySet {
	/** Signs with the newest key. */
	sign(data: string): string;

	/** Tells which key signed, 0 being the newest; -1: none of them. */
	index(data: string, digest: string): number;
}

/** Secrets, newest first, or a `Keygrip` of one's own, which is used as it is. */
export type KeyList = readonly string[] | KeySet;

/** Keys, or where to find them; a function is asked again at every use, so that keys can change on a live server. */
export type Keys = KeyList | (() => KeyList | undefined);

/** What a token that verifies tells. */
export type Verified = {
	readonly id: string;

	/** An older key signed it: the token is to be issued again. */
	readonly isStale: boolean;
};

const idLength = 43;
const shortKey = 32;

/** Turns ids into tokens and back. */
export interface Signer {
	/** Makes the token of an id for a transport of this name. */
	sign(id: string, name: string): string;

	/** Finds the id of a token. Says `malformed` or `signature` where there is none, without asking any store. */
	verify(token: string, name: string): Verified | 'malformed' | 'signature';
}

/** Tokens that are ids and nothing else, for `signed: false`. */
export const unsigned: Signer = {
	sign: id => id,
	verify: token => (isId(token) ? {id: token, isStale: false} : 'malformed'),
};

/**
Tokens of the form `id.signature`, by HMAC-SHA-256.

The signature covers the transport's name and `property` too, so that a token of one session instance is refused by
another, on the same store as well.
*/
export const signed = (findKeys: () => KeyList | undefined, property: string): Signer => {
	const keySets = keySetCache();
	const payload = (id: string, name: string) => `${id}.${JSON.stringify([name, property])}`;

	return {
		sign: (id, name) => `${id}.${keySets(findKeys()).sign(payload(id, name))}`,
		verify(token, name) {
			const id = token.slice(0, idLength);
			if (!isId(id) || token[idLength] !== '.') return 'malformed';

			const digest = token.slice(idLength + 1);
			const index = keySets(findKeys()).index(payload(id, name), digest);
			return index === -1 ? 'signature' : {id, isStale: index > 0};
		},
	};
};

/** Remembers the key set of the last list, for as long as its members are the same. */
const keySetCache = () => {
	let known: readonly string[] = [];
	let knownSet: KeySet | undefined;

	return (keys: KeyList | undefined): KeySet => {
		if (!isList(keys)) return fast(keys ?? refuse('no keys'));
		if (knownSet && keys.length === known.length && keys.every((key, index) => key === known[index])) return knownSet;

		known = [...keys];
		knownSet = oneByOne(check(known).map(key => new Keygrip([key], 'sha256')));
		return knownSet;
	};
};

// The types of arrays leave a read-only one unnarrowed.
const isList = (keys: KeyList | undefined): keys is readonly string[] => Array.isArray(keys);

/** One Keygrip a key: comparing our own signatures costs a fifteenth of asking one Keygrip for its `index`. */
const oneByOne = (keygrips: readonly KeySet[]): KeySet => ({
	sign: data => (keygrips[0] ?? refuse('no keys')).sign(data),
	index: (data, digest) => keygrips.findIndex(keygrip => isSame(keygrip.sign(data), digest)),
});

/** An application's own Keygrip; its `index` is asked only if the newest key didn't sign. */
const fast = (keygrip: KeySet): KeySet => ({
	sign: data => keygrip.sign(data),
	index: (data, digest) => (isSame(keygrip.sign(data), digest) ? 0 : keygrip.index(data, digest)),
});

const isSame = (expected: string, given: string): boolean => {
	const [left, right] = [Buffer.from(expected), Buffer.from(given)];
	return left.length === right.length && timingSafeEqual(left, right);
};

const check = (keys: readonly string[]): readonly string[] => {
	if (keys.length === 0) return refuse('an empty list of keys');
	if (keys.some(key => typeof key !== 'string' || key === '')) return refuse('a key that is empty or no text');
	if (keys.some(key => key.length < shortKey)) warnOfShortKeys();
	return keys;
};

const refuse = (found: string): never => {
	throw new SessionError(
		'ERR_SESSION_NO_KEYS',
		`Expected keys to sign sessions with, got ${found}. Set \`app.keys = ['a secret of 32 characters or more']\` or the option \`keys\``,
	);
};

let hasWarned = false;

const warnOfShortKeys = () => {
	if (hasWarned || process.env['NODE_ENV'] !== 'production') return;
	hasWarned = true;
	process.emitWarning(`A key that signs sessions is shorter than ${shortKey} characters, so it can be guessed`, {
		code: 'KOA_SERVER_SESSION_SHORT_KEY',
	});
};
