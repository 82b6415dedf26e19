import {hash} from 'node:crypto';
import {drawText} from './random.ts';

/** Draws a new id: 32 random bytes as 43 characters of base64url. */
export const makeId = (): string => drawText(32, 'base64url');

/** Tells whether a text has an id's form. 32 bytes leave only 16 possible characters for the last place. */
export const isId = (text: string): boolean => /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(text);

/** Hashes an id for the store, so that a leaked store opens no session. Also the `handle` that a page may show. */
export const hashId = (id: string): string => hash('sha256', id, 'base64url');

/** Tells whether a text has a hash's form. */
export const isHandle = (text: string): boolean => isId(text);
