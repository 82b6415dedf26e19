import {setTimeout as sleep} from 'node:timers/promises';

/**
The longest claim, in milliseconds. One that seems to last longer was made by a machine whose clock is ahead, and isn't
respected.
*/
export const longestClaim = 5000;

/** The shortest wait for a claim to end, in milliseconds. */
const shortestWait = 20;

/** What a record begins with that is claimed: a byte that numbers no codec, then when the claim ends, as a double. */
const claimMark = 255;
const headerLength = 9;

/**
Claims a record: asks other processes to wait before they write it, until a time in milliseconds since the epoch.

An operation whose function takes longer than the pauses between other writes would never win otherwise. Nothing depends on
a claim: compare-and-swap decides who wins. The next write of the record removes it, and the end of a session doesn't
wait for it.
*/
export const claimed = (bytes: Uint8Array, end: number): Uint8Array => {
	const record = Buffer.alloc(headerLength + bytes.length);
	record[0] = claimMark;
	record.writeDoubleBE(end, 1);
	record.set(bytes, headerLength);
	return record;
};

/** Whether a record is claimed, or was. */
export const isClaimed = (bytes: Uint8Array): boolean => bytes[0] === claimMark && bytes.length >= headerLength;

/** The bytes of a record without a claim. */
export const withoutClaim = (bytes: Uint8Array): Uint8Array =>
	isClaimed(bytes) ? bytes.subarray(headerLength) : bytes;

/** When the claim of a record ends. */
export const endOfClaim = (bytes: Uint8Array): number =>
	new DataView(bytes.buffer, bytes.byteOffset, headerLength).getFloat64(1);

/** Waits for a part of the time that is left of a claim. Resolves to `false` at once if it is over. */
export const waitForClaim = async (end: number): Promise<boolean> => {
	const left = end - Date.now();
	if (!(left > 0 && left <= longestClaim)) return false;
	// Most claims end sooner, when their owner has written.
	await sleep(Math.max(left / 2, shortestWait));
	return true;
};
