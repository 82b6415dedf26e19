import {crc32} from 'node:zlib';

/** What is in a session file. When the session ends is in the file's `mtime` instead: a touch changes nothing else. */
export type Contents = {
	/** The record's version: 32 digits, from `drawToken()`, different for each file. */
	readonly token: string;
	readonly key: string;
	readonly subject?: string | undefined;
	readonly bytes: Uint8Array;
};

// magic · checksum of all that follows · token · length of the key · length of the subject · key · subject · bytes
const magic = Buffer.from('kss1');
const checksumAt = 4;
const tokenAt = 8;
const keyLengthAt = 24;
const subjectLengthAt = 28;
const keyAt = 32;
const noSubject = 0xff_ff_ff_ff;

/** Encodes the content of a file. */
export const encode = ({token, key, subject, bytes}: Contents): Buffer => {
	const header = Buffer.alloc(keyAt);
	magic.copy(header);
	header.write(token, tokenAt, 'hex');
	header.writeUInt32BE(Buffer.byteLength(key), keyLengthAt);
	header.writeUInt32BE(subject === undefined ? noSubject : Buffer.byteLength(subject), subjectLengthAt);

	const file = Buffer.concat([header, Buffer.from(key), Buffer.from(subject ?? ''), bytes]);
	file.writeUInt32BE(crc32(file.subarray(tokenAt)), checksumAt);
	return file;
};

/** Decodes a file. `undefined`: this store didn't write it, or it is damaged. */
export const decode = (file: Buffer): Contents | undefined => {
	if (file.length < keyAt || !file.subarray(0, checksumAt).equals(magic)) return undefined;
	if (file.readUInt32BE(checksumAt) !== crc32(file.subarray(tokenAt))) return undefined;

	const subjectLength = file.readUInt32BE(subjectLengthAt);
	const subjectAt = keyAt + file.readUInt32BE(keyLengthAt);
	const bytesAt = subjectAt + (subjectLength === noSubject ? 0 : subjectLength);
	if (bytesAt > file.length) return undefined;

	return {
		token: file.toString('hex', tokenAt, keyLengthAt),
		key: file.toString('utf8', keyAt, subjectAt),
		subject: subjectLength === noSubject ? undefined : file.toString('utf8', subjectAt, bytesAt),
		bytes: file.subarray(bytesAt),
	};
};
