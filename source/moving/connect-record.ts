import type {OldContent} from '../request/adoption.ts';
import type {Data} from '../session.ts';

/** Reads a record as Connect's descendants keep it: the data, and beside it the attributes of the cookie. */
export const contentOf = (record: unknown): OldContent | undefined => {
	if (typeof record !== 'object' || record === null) return undefined;
	const {cookie, ...data} = record as Data;
	const {expires, maxAge, originalMaxAge} = (cookie ?? {}) as Record<string, unknown>;
	const expiresAt = expires ? new Date(expires as string).getTime() : undefined;
	if (expiresAt !== undefined && expiresAt <= Date.now()) return undefined;

	// Neither: the browser forgot the cookie when it was closed.
	const isLasting = expiresAt !== undefined || typeof (originalMaxAge ?? maxAge) === 'number';
	return isLasting ? {data} : {data, permanent: false};
};
