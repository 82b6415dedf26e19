import {hash, randomFillSync} from 'node:crypto';

const idBytes = 32;
const pool = Buffer.alloc(idBytes * 128);
let nextInPool = pool.length;

/** Draws a new id: 32 random bytes as 43 characters of base64url. */
export const makeId = (): string => {
	if (nextInPool === pool.length) {
		randomFillSync(pool);
		nextInPool = 0;
	}

	const end = nextInPool + idBytes;
	const id = pool.toString('base64url', nextInPool, end);
	// What was handed out must not be found in memory by someone who gets hold of the pool.
	pool.fill(0, nextInPool, end);
	nextInPool = end;
	return id;
};

/** Tells whether a text has an id's form. 32 bytes leave only 16 possible characters for the last place. */
export const isId = (text: string): boolean => /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(text);

/** Hashes an id for the store, so that a leaked store opens no session. Also the `handle` that a page may show. */
export const hashId = (id: string): string => hash('sha256', id, 'base64url');

/** Tells whether a text has a hash's form. */
export const isHandle = (text: string): boolean => isId(text);
