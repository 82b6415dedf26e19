import {clockSkew} from './challenge.ts';
import type {Seal} from './seal.ts';

/** What a bound cookie came with: the first one with the registration, the others each with a refresh. */
export type Origin = 'registered' | 'refreshed';

/** The cookie of a registration lasts this long, in milliseconds, so that the browser soon shows that it can refresh. */
export const firstLife = 60_000;

const letters = {registered: 'r', refreshed: 'f'} as const;

/**
Makes the value of a bound cookie. It shows that the device has proved its key, until it expires.

It is stored nowhere. So a refresh costs no write, and ends none of those before: a request may still carry one.
*/
export const makeBoundCookie = (seal: Seal, key: string, origin: Origin, expiresAt: number): string => {
	const letter = letters[origin];
	return `${letter}.${expiresAt.toString(36)}.${seal.sign('bound', key, letter, expiresAt)}`;
};

/** Checks a bound cookie for a key. `undefined` if it was made for another one, isn't ours, or has expired. */
export const readBoundCookie = (seal: Seal, value: string, key: string): Origin | undefined => {
	const [, letter = '', time = '', signature = ''] = /^([rf])\.([\da-z]{1,11})\.([\w-]+)$/.exec(value) ?? [];
	const expiresAt = Number.parseInt(time, 36);
	if (!(Date.now() < expiresAt + clockSkew) || !seal.verify(signature, 'bound', key, letter, expiresAt))
		return undefined;
	return letter === letters.registered ? 'registered' : 'refreshed';
};
