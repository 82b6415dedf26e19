import {isUint8Array} from 'node:util/types';
import {Packr} from 'msgpackr';
import type {Codec, Envelope, Passage} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {isPlainObject} from '../plain.ts';
import {holdsStill} from './msgpack/same.ts';
import {scan} from './msgpack/scan.ts';
import {areTextsKept, readText, writeText} from './msgpack/text.ts';
import {isBare} from './types/bare.ts';
import {maxDepth, refuse} from './types/place.ts';
import type {Spelling} from './types/spelling.ts';
import {tag} from './types/tag.ts';
import {check, untag} from './types/untag.ts';

/**
Keeps sessions as MessagePack: the types of `json()` in three quarters of the bytes.

Needs `msgpackr` 2.1 or later. The types, the exceptions and the limits are those of `json()`. A session that needs no
more than JSON is stored as a plain MessagePack map. Any other is an array with one map in it, which has the tags that
`json()` writes, but for two:

	{"$bytes": bin}, {"$buffer": bin}   bytes as they are
	"\" and JSON                        a text with half a surrogate pair, or that begins with "\" or is `__proto__`

So each record is plain MessagePack without extension types, and any tool reads it. Extension types are refused, as all
else that isn't written here: msgpackr keeps them in one registry, in which any part of a process may change them.

msgpackr's records, which name an object's keys once, aren't on offer. Those that it shares between messages only the
process can read that wrote them; those within a message are nobody's but msgpackr's, which compiles code to read them.
The layer `compress()` saves more.

@throws SessionError As `json()` does.

@example
import session from 'koa-server-session';
import {msgpack} from 'koa-server-session/codecs/msgpack';

app.use(session(app, {codec: msgpack()}));
*/
export const msgpack = <Session = Envelope>(): Codec<Session> =>
	function* (stored): Passage<Session> {
		const before = stored && decode(stored);
		const session = yield before as Session | undefined;
		if (session === undefined) return undefined;
		if (stored && holdsStill(stored, session)) return stored;

		const packed = encode(session);
		if (stored && packed.equals(stored)) return stored;
		// A copy: msgpackr packs into memory that it goes on using, or that another part of the process lent it.
		return new Uint8Array(packed);
	};

const packr = new Packr({
	// Objects would be records: see above.
	useRecords: false,
	// Without it, an object of more than 65,535 keys throws.
	variableMapSize: true,
	// It would call what an object happens to have under that name.
	useToJSON: false,
	// Bytes would be views of the stored ones.
	copyBuffers: true,
});

const encode = (session: unknown): Buffer => {
	if (!isPlainObject(session)) return refuse(undefined, 'something else');
	if (isBare(session, maxDepth)) {
		const packed = packr.pack(session);
		if (areTextsKept(session, packed)) return packed;
	}
	return packr.pack([tag(session, spelling)]);
};

/** What a record with tags begins with: an array of one. */
const wrapping = 0x91;

/** A tagged `Map` is a map of an array of arrays. */
const maxTaggedDepth = 1 + 3 * maxDepth;

const decode = (stored: Uint8Array): object => {
	try {
		const isTagged = stored[0] === wrapping;
		scan(stored, isTagged ? maxTaggedDepth : maxDepth);
		// A view of it, since msgpackr hangs a property on what it reads.
		const value: unknown = packr.unpack(stored.subarray());
		const session = isTagged ? untag((value as [unknown])[0], spelling, maxDepth) : value;
		if (isPlainObject(session)) return session;
	} catch {
		// Dropped on purpose: the messages of msgpackr quote the data.
	}

	throw new SessionError(
		'ERR_SESSION_UNDECODABLE',
		'Expected a session as `msgpack()` stores it, got other bytes. If another codec wrote them, list it before this one',
	);
};

const spelling: Spelling = {
	writeBytes: bytes => bytes,
	readBytes(spelled) {
		check(isUint8Array(spelled));
		return Buffer.from(spelled.buffer, spelled.byteOffset, spelled.byteLength);
	},
	writeText,
	readText,
};
