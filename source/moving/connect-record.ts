import type {OldContent} from '../request/adoption.ts';
import type {Data} from '../session.ts';

/** Reads a record in the format that Connect introduced: the data, and next to it the cookie's attributes. */
export const contentOf = (record: unknown): OldContent | undefined => {
	if (typeof record !== 'object' || record === null) return undefined;
	const {cookie, ...data} = record as Data;
	const {expires, maxAge, originalMaxAge} = (cookie ?? {}) as Record<string, unknown>;
	const expiresAt = expires ? new Date(expires as string).getTime() : undefined;
	if (expiresAt !== undefined && expiresAt <= Date.now()) return undefined;

	// Without either, the cookie ended with the browser.
	const isLasting = expiresAt !== undefined || typeof (originalMaxAge ?? maxAge) === 'number';
	return isLasting ? {data} : {data, permanent: false};
};
