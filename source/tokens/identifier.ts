import {hash} from 'node:crypto';
import {drawText} from './random.ts';

/** Makes a new id: 32 random bytes as 43 characters of base64url. */
export const makeId = (): string => drawText(32, 'base64url');

/** Whether a text has the form of an id. With 32 bytes, only 16 characters are possible at the end. */
export const isId = (text: string): boolean => /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(text);

/** The handle of an id. The store sees only this, so a leaked store opens no session. */
export const handleOf = (id: string): string => hash('sha256', id, 'base64url');

/** Derives an id from a secret. The same secret gives the same id, which is no easier to guess than the secret. */
export const deriveId = (secret: string): string => hash('sha256', secret, 'base64url');

/** Whether a text has the form of a handle. */
export const isHandle = (text: string): boolean => isId(text);
