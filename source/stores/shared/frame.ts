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

@param room How many octets to leave free in front of the frame.
@throws RangeError If the subject is longer than 65,534 bytes.
*/
export const encodeFrame = ({bytes, expiresAt, subject}: SessionRecord, version: Version, room = 0): Buffer => {
	const subjectLength = subject === undefined ? 0 : Buffer.byteLength(subject);
	if (subjectLength >= noSubject) {
		throw new RangeError(`Expected \`subject\` to be at most ${noSubject - 1} bytes long, got ${subjectLength}`);
	}

	const start = room + headLength;
	const octets = Buffer.allocUnsafe(start + subjectLength + bytes.length);
	octets.write(version, room, 8, 'base64url');
	octets.writeDoubleBE(expiresAt, room + 8);
	octets.writeUInt16BE(subject === undefined ? noSubject : subjectLength, room + 16);
	if (subject !== undefined) octets.write(subject, start);
	octets.set(bytes, start + subjectLength);
	return octets;
};

/** Encodes an expiry as a frame holds it, for changing it in place. @param room As in `encodeFrame()`. */
export const encodeExpiry = (expiresAt: number, room = 0): Buffer => {
	const octets = Buffer.allocUnsafe(room + 8);
	octets.writeDoubleBE(expiresAt, room);
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
