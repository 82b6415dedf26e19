import {randomFillSync} from 'node:crypto';

const pool = Buffer.alloc(4096);
let next = pool.length;

/**
Draws random octets, at most 4096, as text.

From a pool, since one call to the system costs as much as the rest of a request in memory. So this is for what the store
checks for being new, not for a cipher's nonces: a machine that is copied while it runs has its pool copied too.
*/
export const drawText = (octets: number, encoding: 'base64url' | 'hex'): string => {
	if (next + octets > pool.length) {
		randomFillSync(pool);
		next = 0;
	}

	const end = next + octets;
	const text = pool.toString(encoding, next, end);
	// What was handed out must not be found in memory by someone who gets hold of the pool.
	pool.fill(0, next, end);
	next = end;
	return text;
};
