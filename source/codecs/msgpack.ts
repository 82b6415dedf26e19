import {isUint8Array} from 'node:util/types';
import {Packr} from 'msgpackr';
import {type Codec, type Envelope, madeOf} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {isPlainObject} from '../plain.ts';
import {holds} from './msgpack/comparison.ts';
import {scan} from './msgpack/scan.ts';
import {areTextsKept, readText, writeText} from './msgpack/text.ts';
import {isBare} from './types/bare.ts';
import {maxDepth, refuse} from './types/place.ts';
import {check, type Spelling, tag, untag} from './types/tags.ts';

/**
Keeps sessions as MessagePack: the types of `json()` in three quarters of the bytes.

Needs `msgpackr` 2.1 or later. The types, the exceptions and the limits are those of `json()`. A session that needs no
more than JSON is stored as a plain MessagePack map. Any other is an array with one map in it, which has the tags that
`json()` writes, with two differences:

	{"$bytes": bin}, {"$buffer": bin}   bytes as they are
	"\" and JSON                        a text with half a surrogate pair, or that begins with "\" or is `__proto__`

So each record is plain MessagePack without extension types, and any tool reads it. Extension types are refused, like
everything else that isn't written here: msgpackr keeps them in one registry, which anything in the process may change.

msgpackr's records, which name an object's keys once, can't be used. Those that it shares between messages can be read only
by the process that wrote them. Those within a message are known to msgpackr alone, which compiles code to read them. The
layer `compress()` saves more.

@throws TypeError If `msgpackr` is too old. `SessionError` as `json()` does.

@example
import session from 'koa-server-session';
import {msgpack} from 'koa-server-session/codecs/msgpack';

app.use(session(app, {codec: msgpack()}));
*/
export const msgpack = <Session = Envelope>(): Codec<Session> => {
	if (!isNewEnough()) {
		throw new TypeError('Expected `msgpackr` 2.1 or newer, got an older one. Run `npm install msgpackr@latest`');
	}
	const codec: Codec<Session> = function* (stored) {
		const before = stored && decode(stored);
		const session = yield before as Session | undefined;
		if (session === undefined) return undefined;
		if (stored && holds(stored, session)) return stored;

		const packed = encode(session);
		if (stored && packed.equals(stored)) return stored;
		// A copy: msgpackr packs into memory that it goes on using, or that something else in the process gave it.
		return new Uint8Array(packed);
	};
	return madeOf(codec, msgpack);
};

const packr = new Packr({
	// Objects would be records: see above.
	useRecords: false,
	// Without it, an object of more than 65,535 keys throws.
	variableMapSize: true,
	// It would call whatever an object has under that name.
	useToJSON: false,
	// Bytes would be views of the stored ones.
	copyBuffers: true,
});

/** Earlier versions call whatever an object has under the name `toJSON`, or spend two bytes more on each map. */
const isNewEnough = (): boolean => {
	try {
		return packr.pack({__proto__: null, toJSON: 1}).toString('latin1') === '\x81\xa6toJSON\x01';
	} catch {
		return false;
	}
};

const encode = (session: unknown): Buffer => {
	if (!isPlainObject(session)) return refuse(undefined, 'something else');
	if (isBare(session, maxDepth)) {
		const packed = packr.pack(session);
		if (areTextsKept(session, packed)) return packed;
	}
	return packr.pack([tag(session, spelling)]);
};

/** What a record with tags begins with: an array of one item. */
const wrapping = 0x91;

/** A tagged `Map` is a map of an array of arrays, all of it inside the wrapping. */
const maxTaggedDepth = 1 + 3 * maxDepth;

const decode = (stored: Uint8Array): object => {
	try {
		const isTagged = stored[0] === wrapping;
		scan(stored, isTagged ? maxTaggedDepth : maxDepth);
		// A view, since msgpackr adds a property to what it reads.
		const value: unknown = packr.unpack(stored.subarray());
		const session = isTagged ? untag((value as [unknown])[0], spelling) : value;
		check(isPlainObject(session));
		return session;
	} catch {
		// Dropped on purpose: the messages of msgpackr quote the data.
		throw new SessionError(
			'ERR_SESSION_UNDECODABLE',
			'Expected a session as `msgpack()` stores it, got other bytes. If another codec wrote them, list it before this one',
		);
	}
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
