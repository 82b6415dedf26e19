import {type SessionRecord, toVersion, type Version, type VersionedRecord} from '../../store.ts';

const headLength = 18;
const noSubject = 65_535;

/** The most octets that a frame adds to the bytes. */
export const longestFrameHead: number = headLength + noSubject - 1;

/**
Encodes a record as one value, for backends that keep nothing but values.

| octets | hold |
| --- | --- |
| 0–7 | the version |
| 8–15 | `expiresAt`, as a big-endian double |
| 16–17 | the length of the subject, big-endian; 65,535: there is none |
| 18– | the subject in UTF-8, then the bytes |

What a compare-and-swap and a touch need has a fixed place, so that a script in the backend can find it.

@throws RangeError If the subject is longer than 65,534 bytes.
*/
export const encodeFrame = ({bytes, expiresAt, subject}: SessionRecord, version: Version): Buffer => {
	const subjectLength = subject === undefined ? 0 : Buffer.byteLength(subject);
	if (subjectLength >= noSubject) {
		throw new RangeError(`Expected \`subject\` to be at most ${noSubject - 1} bytes long, got ${subjectLength}`);
	}

	const frame = Buffer.allocUnsafe(headLength + subjectLength + bytes.length);
	frame.write(version, 0, 8, 'base64url');
	frame.writeDoubleBE(expiresAt, 8);
	frame.writeUInt16BE(subject === undefined ? noSubject : subjectLength, 16);
	if (subject !== undefined) frame.write(subject, headLength);
	frame.set(bytes, headLength + subjectLength);
	return frame;
};

/** The expiry as a frame holds it, for changing it in place. */
export const encodeExpiry = (expiresAt: number): Buffer => {
	const octets = Buffer.allocUnsafe(8);
	octets.writeDoubleBE(expiresAt);
	return octets;
};

/** Decodes a frame; `undefined` if the value is not one. `bytes` shares the memory of `frame`, which must be the caller's. */
export const decodeFrame = (frame: Buffer): VersionedRecord | undefined => {
	if (frame.length < headLength) return undefined;

	const length = frame.readUInt16BE(16);
	const start = headLength + (length === noSubject ? 0 : length);
	if (frame.length < start) return undefined;
	return {
		version: toVersion(frame.toString('base64url', 0, 8)),
		expiresAt: frame.readDoubleBE(8),
		bytes: frame.subarray(start),
		subject: length === noSubject ? undefined : frame.toString('utf8', headLength, start),
	};
};
