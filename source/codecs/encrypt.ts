import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto';
import {type Layer, madeOf} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {type EncryptionKey, type EncryptionKeys, idLength, type KeyRing, keyRing} from './encrypt/key-ring.ts';

export type {EncryptionKeys} from './encrypt/key-ring.ts';

const algorithm = 'aes-256-gcm';

/** The first byte of a record. Another one says that the rest is laid out differently. */
const format = 1;

const headerLength = 1 + idLength;
const nonceLength = 12;
const tagLength = 16;

/**
Encrypts sessions with AES-256-GCM, so that someone who has the store can neither read nor forge them.

A record is bound to its key in the store: moved to another session, it is refused. So is one whose subject, which stands
beside it in the clear, isn't the one that was sealed. What someone who can write to the store can still do: delete a record,
put back an older state of it, move its expiry within the absolute timeout, and let its handle lead to another session, as
after `regenerate()`. `update({handle})` and `destroy({handle})` would follow; `updateAll()` and `revoke()` check the subject.

Put `encrypt()` last, after `compress()`.

Keys rotate on a live server: put the new one first, and keep the old ones after it for as long as sessions live. The
newest key writes. A session that an older key sealed is sealed again when a route uses it, even if it doesn't change.
Otherwise an unchanged session is never encrypted again. A session whose key is gone counts as none until the key is back.

What the store holds:

	1 byte     1, the format
	4 bytes    the key's id: HKDF-SHA-256 of the secret for `koa-server-session key id`
	12 bytes   a random nonce
	n bytes    encrypted by HKDF-SHA-256 of the secret for `koa-server-session aes-256-gcm`, without salt
	16 bytes   the tag over that, over the format and the key's id, and over the record's key in the store

Its length shows that of the session. Rotate a key before 2 ** 32 writes.

@param keys Secrets of 32 characters or more, newest first, or a function that returns them and is called at every use.
Make them at random, with `npx koa-server-session keygen`: what a person thought up can be guessed.
@throws TypeError For a promise, or a function that returns one. Await the keys first.
@throws SessionError `ERR_SESSION_NO_KEYS` for keys that can't encrypt: at once, and at each use if a function returns them
later. Then sessions count as none, and writing fails.
@throws SessionError Before the `yield`, `ERR_SESSION_UNDECODABLE`, for bytes that none of the keys sealed for this
record. Only the key whose id they bear is tried.

@see https://csrc.nist.gov/pubs/sp/800/38/d/final Galois/Counter Mode. Section 8.3 has the limit.

@example
import session, {codec, json} from 'koa-server-session';
import {encrypt} from 'koa-server-session/codecs/encrypt';

const keys = ['the newest key, of 32 characters or more', 'the one before it, of 32 characters or more'];
app.use(session(app, {codec: codec(json(), encrypt(keys))}));
*/
export const encrypt = (keys: EncryptionKeys): Layer => {
	const findKeys = keyRing(keys);

	const layer: Layer = function* (stored, context, next) {
		const inner = stored && open(findKeys(), stored, context.key);
		const kept = yield* next(inner, context);

		const [newest] = findKeys();
		return kept === inner && stored && isSealedBy(newest, stored) ? stored : kept && seal(newest, kept, context.key);
	};
	return madeOf(layer, encrypt, keys);
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
		return refuse(
			'a record as `encrypt()` writes it, got other bytes. If another codec wrote them, list it before this one',
		);
	}

	const sealer = ring.find(key => isSealedBy(key, stored));
	if (!sealer) {
		return refuse(
			'a record sealed by a key of the list, got another. Keep old keys at the end for as long as sessions live',
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

/** What the tag covers besides the bytes. The header has a fixed length, so no other two parts give the same. */
const associated = (header: Uint8Array, recordKey: string): Uint8Array =>
	Buffer.concat([header, Buffer.from(recordKey)]);

const refuse = (expected: string): never => {
	throw new SessionError('ERR_SESSION_UNDECODABLE', `Expected ${expected}`);
};
