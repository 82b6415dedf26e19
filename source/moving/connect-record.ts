import type {OldContent} from '../request/adoption.ts';
import type {Data} from '../session.ts';

/** The shortest and the longest timeout that a session may have, in milliseconds. */
const [shortest, longest] = [1000, 3653 * 86_400_000];

/**
What a session takes along that was to live longer or shorter than the others: its own idle timeout, and that its cookie
outlives the browser.

@param usual The lifetime of the other sessions, in milliseconds. These follow the options here.
*/
export const lifeOf = (maxAge: unknown, usual: unknown): Pick<OldContent, 'idleTimeout' | 'permanent'> => {
	if (typeof maxAge !== 'number' || !Number.isFinite(maxAge) || maxAge === usual) return {};
	return {idleTimeout: Math.min(Math.max(Math.round(maxAge), shortest), longest), permanent: true};
};

/**
Reads a record in the format that Connect introduced: the data, and next to it the cookie's attributes.

@param usual The option `cookie.maxAge` that the library had.
*/
export const contentOf = (record: unknown, usual: unknown): OldContent | undefined => {
	if (typeof record !== 'object' || record === null) return undefined;
	const {cookie, ...data} = record as Data;
	const {expires, maxAge, originalMaxAge} = (cookie ?? {}) as Record<string, unknown>;
	const expiresAt = expires ? new Date(expires as string).getTime() : undefined;
	if (expiresAt !== undefined && expiresAt <= Date.now()) return undefined;

	// Without either, the cookie ended with the browser.
	const isLasting = expiresAt !== undefined || typeof (originalMaxAge ?? maxAge) === 'number';
	return isLasting ? {data, ...lifeOf(originalMaxAge ?? maxAge, usual)} : {data, permanent: false};
};
