import {hash} from 'node:crypto';
import {drawText} from './random.ts';

/** Draws a new id: 32 random bytes as 43 characters of base64url. */
export const makeId = (): string => drawText(32, 'base64url');

/** Tells whether a text has an id's form. 32 bytes leave only 16 possible characters for the last place. */
export const isId = (text: string): boolean => /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(text);

/** The handle of an id, which the store sees in its place: a leaked store opens no session. */
export const handleOf = (id: string): string => hash('sha256', id, 'base64url');

/** Makes an id of a secret, always the same one. It is no easier to guess than the secret. */
export const deriveId = (secret: string): string => hash('sha256', secret, 'base64url');

/** Tells whether a text has a handle's form. */
export const isHandle = (text: string): boolean => isId(text);
