import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto';
import type {Layer} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {type EncryptionKey, type EncryptionKeys, idLength, type KeyRing, keyRing} from './encrypt/key-ring.ts';

const algorithm = 'aes-256-gcm';

/** The first byte of a record; another one says that the rest is laid out otherwise. */
const format = 1;

const headerLength = 1 + idLength;
const nonceLength = 12;
const tagLength = 16;

/**
Encrypts sessions by AES-256-GCM, so that whoever has the store can neither read nor forge them.

A record is bound to its key in the store: moved to another session, it is refused. Only an older state of the same
record can be put back. Put `encrypt()` last, behind `compress()`.

Keys rotate on a live server: put the new one first, and keep the old ones behind it for as long as sessions live. The
newest key writes. A session that an older one sealed is sealed again when a route uses it, even if it stays unchanged;
otherwise an unchanged session is never encrypted anew. A session whose key is gone counts as none until the key is back.

What lies in the store:

	1 byte     1, the format
	4 bytes    the key's id: HKDF-SHA-256 of the secret for `koa-server-session key id`
	12 bytes   a random nonce
	n bytes    encrypted by HKDF-SHA-256 of the secret for `koa-server-session aes-256-gcm`, without salt
	16 bytes   the tag over that, over the format and the key's id, and over the record's key in the store

Its length shows that of the session. One key is good for 2 ** 32 writes, by which time a rotation is due.

@param keys Secrets of 32 characters or more, newest first, or a function that gives them, asked at every use. Random
ones: what a person thought up can be guessed. `npx koa-server-session keygen` makes one.
@throws SessionError `ERR_SESSION_NO_KEYS` for keys that can't encrypt: at once, or where a function gave them at each
use. Then sessions count as none, and writing fails.
@throws SessionError Before the `yield`, `ERR_SESSION_UNDECODABLE`, for bytes that none of the keys sealed for this
record. Only the key whose id they bear is tried.

@see https://csrc.nist.gov/pubs/sp/800/38/d/final Galois/Counter Mode; section 8.3 has the limit.

@example
import session, {codec, json} from 'koa-server-session';
import {encrypt} from 'koa-server-session/codecs/encrypt';

const keys = ['the newest key, of 32 characters or more', 'the one before it, of 32 characters or more'];
app.use(session(app, {codec: codec(json(), encrypt(keys))}));
*/
export const encrypt = (keys: EncryptionKeys): Layer => {
	const findKeys = keyRing(keys);

	return function* (stored, context, next) {
		const inner = stored && open(findKeys(), stored, context.key);
		const kept = yield* next(inner, context);

		const [newest] = findKeys();
		return kept === inner && stored && isSealedBy(newest, stored) ? stored : kept && seal(newest, kept, context.key);
	};
};

const seal = ({id, key}: EncryptionKey, bytes: Uint8Array, recordKey: string): Uint8Array => {
	const header = Buffer.concat([Buffer.of(format), id]);
	const nonce = randomBytes(nonceLength);
	const cipher = createCipheriv(algorithm, key, nonce, {authTagLength: tagLength});
	cipher.setAAD(associated(header, recordKey));
	return Buffer.concat([header, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
};

const open = (ring: KeyRing, stored: Uint8Array, recordKey: string): Uint8Array => {
	if (stored[0] !== format || stored.length < headerLength + nonceLength + tagLength) {
		return refuse('a record as `encrypt()` writes it, got other bytes. If another codec wrote them, list it before');
	}

	const sealer = ring.find(key => isSealedBy(key, stored));
	if (!sealer) {
		return refuse(
			'a record sealed by a key of the list, got another. Keep old keys at the end until nobody needs them',
		);
	}

	const header = stored.subarray(0, headerLength);
	const nonce = stored.subarray(headerLength, headerLength + nonceLength);
	const decipher = createDecipheriv(algorithm, sealer.key, nonce, {authTagLength: tagLength});
	decipher.setAAD(associated(header, recordKey));
	decipher.setAuthTag(stored.subarray(-tagLength));
	const bytes = decipher.update(stored.subarray(headerLength + nonceLength, -tagLength));
	try {
		decipher.final();
	} catch {
		return refuse('a record as it was sealed for this session, got one that was changed, cut off or moved here');
	}
	return bytes;
};

const isSealedBy = ({id}: EncryptionKey, stored: Uint8Array): boolean =>
	Buffer.compare(id, stored.subarray(1, headerLength)) === 0;

/** What the tag covers beside the bytes. Its first part has one length, so no other two give the same. */
const associated = (header: Uint8Array, recordKey: string): Uint8Array =>
	Buffer.concat([header, Buffer.from(recordKey)]);

const refuse = (expected: string): never => {
	throw new SessionError('ERR_SESSION_UNDECODABLE', `Expected ${expected}`);
};
