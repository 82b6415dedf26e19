import {randomFillSync} from 'node:crypto';

const pool = Buffer.alloc(4096);
let next = pool.length;

/**
Draws random octets, at most 4096, as text.

They come from a pool, because a system call costs as much as the rest of a request in memory. If a running machine is
copied, so is its pool. So use this only for what the store checks to be new, never for a cipher's nonces.
*/
export const drawText = (octets: number, encoding: 'base64url' | 'hex'): string => {
	if (next + octets > pool.length) {
		randomFillSync(pool);
		next = 0;
	}

	const end = next + octets;
	const text = pool.toString(encoding, next, end);
	// Anyone who reads the pool in memory must not find what was drawn.
	pool.fill(0, next, end);
	next = end;
	return text;
};
