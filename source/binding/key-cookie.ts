import {isHandle} from '../tokens/identifier.ts';
import type {Seal} from './seal.ts';

/**
Makes the value of the cookie that only the endpoint gets. It names a session by its handle, and opens none.

Browsers leave a `Lax` or `Strict` cookie out of a registration or a refresh that another site has led to, even though
they send it themselves. This one is `SameSite=None`.
*/
export const makeKeyCookie = (seal: Seal, handle: string): string => `${handle}.${seal.sign('key', handle)}`;

/** The session that such a cookie names. `isStale`: an older key signed it. */
export const readKeyCookie = (
	seal: Seal,
	value: string,
): {readonly handle: string; readonly isStale: boolean} | undefined => {
	const [handle = '', signature = '', ...more] = value.split('.');
	if (more.length > 0 || !isHandle(handle)) return undefined;
	const signer = seal.verify(signature, 'key', handle);
	return signer && {handle, isStale: signer === 'older'};
};
