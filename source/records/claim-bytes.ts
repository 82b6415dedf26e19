/** What asks other processes to wait before they write a session. */
export type Claim = {
	/** Tells the process that made it from others. */
	readonly owner: number;

	/** How long others wait from the moment at which they see it, in milliseconds. No clocks need to agree. */
	readonly length: number;
};

/** A claimed record begins with a byte that numbers no codec, the owner and the length. The session's own bytes follow. */
const claimMark = 255;
const headerLength = 9;

/** Puts a claim in front of a session's bytes. */
export const addClaim = (bytes: Uint8Array, {owner, length}: Claim): Uint8Array => {
	const record = Buffer.alloc(headerLength + bytes.length);
	record[0] = claimMark;
	record.writeUInt32BE(owner, 1);
	record.writeUInt32BE(length, 5);
	record.set(bytes, headerLength);
	return record;
};

/** The claim on a record; `undefined` if there is none. */
export const readClaim = (bytes: Uint8Array): Claim | undefined => {
	if (!isClaimed(bytes)) return undefined;
	const header = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
	return {owner: header.getUint32(1), length: header.getUint32(5)};
};

/** The session's own bytes. */
export const withoutClaim = (bytes: Uint8Array): Uint8Array =>
	isClaimed(bytes) ? bytes.subarray(headerLength) : bytes;

const isClaimed = (bytes: Uint8Array): boolean => bytes[0] === claimMark && bytes.length >= headerLength;
