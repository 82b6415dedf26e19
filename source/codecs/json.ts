import {type Codec, type Envelope, madeOf} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {isPlainObject} from '../plain.ts';
import {isBare, isShallow} from './types/bare.ts';
import {maxDepth, refuse} from './types/place.ts';
import {check, type Spelling, tag, untag} from './types/tags.ts';

/**
Keeps sessions as JSON, with the types that JSON lacks.

`Date` (an invalid one too), `Map`, `Set`, `BigInt`, `Uint8Array`, `Buffer`, `undefined`, `NaN`, infinities and `-0` come
back as they were, and any string is a key. Exceptions: a hole in an array comes back as `undefined`, an object without
a prototype as an ordinary one, one object in two places as two. Only enumerable properties with string keys are data:
what an array, `Date`, `Map`, `Set` or `Uint8Array` carries besides its content isn't kept.

A session that needs no more than JSON is stored as bare JSON text:

	{"createdAt":1767225600000,"permanent":true,"data":{"views":3}}

Any other begins with `$`, and in it an object whose only key begins with `$` is a tag:

	${"createdAt":1767225600000,"permanent":true,"data":{"seenAt":{"$date":1767225600000}}}

	{"$date": 0}           milliseconds since the epoch; `null` for an invalid date
	{"$map": [["a", 1]]}   entries in order
	{"$set": ["a", 1]}     items in order
	{"$bigint": "1"}       decimal digits
	{"$bytes": "AQI="}     base64 of a `Uint8Array`
	{"$buffer": "AQI="}    base64 of a `Buffer`
	{"$number": "-0"}      or `NaN`, `Infinity`, `-Infinity`
	{"$undefined": true}
	{"$$date": 0}          the application's own `{$date: 0}`

Limits: 128 levels, the session itself being the first; 10,000 digits of a `BigInt`; 1,000 holes in an array. They hold for
what is read as for what is written, so a session that can be read can be written again.

@throws SessionError Before the `yield`, `ERR_SESSION_UNDECODABLE`, for bytes that are not such a text.
@throws SessionError After it, `ERR_SESSION_NOT_ENCODABLE`, naming the path, for functions, symbols, instances of
classes, an object inside itself, and whatever exceeds a limit.

@example
import session, {json} from 'koa-server-session';

app.use(session(app, {codec: json()}));
*/
export const json = <Session = Envelope>(): Codec<Session> => {
	const codec: Codec<Session> = function* (stored) {
		const before = stored && decode(stored);
		const session = yield before?.session as Session | undefined;
		if (session === undefined) return undefined;

		const text = encode(session);
		return text === before?.text ? stored : Buffer.from(text);
	};
	return madeOf(codec, json);
};

const spelling: Spelling = {
	writeBytes: bytes => bytes.toString('base64'),
	readBytes(spelled) {
		check(typeof spelled === 'string');
		const bytes = Buffer.from(spelled, 'base64');
		// `Buffer.from` skips what isn't base64.
		check(bytes.toString('base64') === spelled);
		return bytes;
	},
	writeText: text => text,
	readText: spelled => spelled,
};

const encode = (session: unknown): string => {
	if (!isPlainObject(session)) return refuse(undefined, 'something else');
	return isBare(session, maxDepth) ? JSON.stringify(session) : `$${JSON.stringify(tag(session, spelling))}`;
};

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** Each level takes two characters or more, so that a text of no more than this needs no look at its levels. */
const shallowLength = 2 * maxDepth;

const decode = (stored: Uint8Array): {text: string; session: object} => {
	try {
		const text = utf8.decode(stored);
		const isTagged = text.startsWith('$');
		const session: unknown = isTagged ? untag(JSON.parse(text.slice(1)), spelling) : JSON.parse(text);
		check(isPlainObject(session));
		check(isTagged || text.length <= shallowLength || isShallow(session, maxDepth));
		return {text, session};
	} catch {
		// Dropped on purpose: the messages of `JSON.parse` quote the data.
		throw new SessionError(
			'ERR_SESSION_UNDECODABLE',
			'Expected a session as `json()` stores it, got other bytes. If another codec wrote them, list it before this one',
		);
	}
};
