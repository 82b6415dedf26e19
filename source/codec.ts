/** What a store keeps for one session. `undefined`: there is none, or none is to be kept. */
export type Stored = Uint8Array | undefined;

/** What the codec turns into bytes: the session and what must travel with it. */
export type Envelope<Fields = Record<string, unknown>> = {
	/** Milliseconds since the epoch. The absolute timeout counts from here, also after `regenerate()`. */
	readonly createdAt: number;

	/** Whether the cookie outlives the browser. */
	readonly permanent: boolean;

	readonly data: Fields;

	/**
	Whose session it is. Absent: nobody's.

	The store keeps it beside the bytes too, to find a subject's sessions. A record in which the two differ is refused.
	*/
	readonly subject?: string;

	/** The session's own idle timeout, in milliseconds. Absent: the option's. */
	readonly idleTimeout?: number;

	/** The session's own absolute timeout, in milliseconds. `null`: it has none. Absent: the option's. */
	readonly absoluteTimeout?: number | null;

	/** When it was last used, in milliseconds since the epoch, if its expiry doesn't show that. Absent: it does. */
	readonly seenAt?: number;

	/** Flash messages that wait to be shown. Absent: none. They are not part of `data`, so replacing that keeps them. */
	readonly flashes?: Flashes;

	/** The key in its user's device to which the session is bound. Absent: none. */
	readonly binding?: Binding;
};

/** Flash messages in order, each under a random name, so that a merge keeps what two requests add at the same time. */
export type Flashes = Readonly<Record<string, readonly [kind: string, message: unknown]>>;

/** What ties a session to a key in its user's device: see the option `deviceBound`. */
export type Binding = {
	/** The public key, a point on P-256: x and y, 43 characters of base64url each. */
	readonly key: string;

	/** From when on a request needs the device's proof, in milliseconds since the epoch. Absent: none has had one yet. */
	readonly since?: number;
};

/** What a codec may know besides the bytes. */
export type CodecContext = {
	/** The record's key in the store. `encrypt` binds the bytes to it. */
	readonly key: string;
};

/**
One request's way through a codec. It yields the session once, receives the session to keep, and returns the bytes.

Names the three type parameters of `Generator`: what the request sees, what the store keeps, what the request gives back.
*/
export type Passage<Session> = Generator<Session | undefined, Stored, Session | undefined>;

/**
Turns stored bytes into a session and back, as a generator function that runs for the length of one request.

Above the `yield` it decodes, below it encodes. Its local variables live through both.

- `stored` is `undefined` for a session that isn't stored yet. Yield `undefined` then.
- Return **the very value that came in** to say *unchanged*. Nobody may write into `stored`.
- Return `undefined` to keep nothing. If the `yield` gives `undefined`, there is nothing to keep.
- Throw before the `yield` if the bytes can't be decoded: the request gets an empty session, and an event is published.
  Throw after it if the session can't be encoded: the request fails, and the record stays as it is.
- What decodes must encode. Otherwise such a record fails every request that reads it. So bound both alike.
- A `finally` around the `yield` always runs, even if the request fails.

@example
import type {Codec} from 'koa-server-session';

const json: Codec<{views: number}> = function* (stored) {
	const before = stored && new TextDecoder().decode(stored);
	const session = yield before ? JSON.parse(before) : undefined;
	const after = session && JSON.stringify(session);
	return after === before ? stored : after ? new TextEncoder().encode(after) : undefined;
};
*/
export type Codec<Session> = (stored: Stored, context: CodecContext) => Passage<Session>;

/**
A step between a codec and the store, such as compression: undo, `yield* next(…)`, redo.

It is generic for each call, so it can neither look into a session nor make one up.

@example
import {deflateRawSync, inflateRawSync} from 'node:zlib';
import type {Layer} from 'koa-server-session';

const maxBytes = 1_000_000;
const deflate: Layer = function* (stored, context, next) {
	const inner = stored && inflateRawSync(stored, {maxOutputLength: maxBytes});
	const kept = yield* next(inner, context);
	if (kept === inner) return stored;
	if (kept && kept.length > maxBytes) throw new RangeError(`Expected up to ${maxBytes} bytes, got ${kept.length}`);
	return kept && deflateRawSync(kept);
};
*/
export type Layer = <Session>(stored: Stored, context: CodecContext, next: Codec<Session>) => Passage<Session>;

/**
Puts layers around a codec, in the order in which data is saved.

@throws TypeError If the codec isn't first. It would ignore the layers after it, such as encryption.

@example
import session, {codec, json} from 'koa-server-session';
import {deflate} from './deflate.ts';

app.use(session(app, {codec: codec(json(), deflate)}));
*/
export const codec = <Session>(base: Codec<Session>, ...layers: readonly Layer[]): Codec<Session> => {
	if (isLayer(base) || !layers.every(isLayer)) {
		throw new TypeError('Expected a codec, then its layers, such as `codec(json(), encrypt(keys))`, each called');
	}

	return layers.reduce<Codec<Session>>(
		(next, layer) => madeOf<Codec<Session>>((stored, context) => layer(stored, context, next), codec, next, layer),
		base,
	);
};

/** Whether a function is a layer. Only a layer has a third parameter: the codec that it wraps. */
export const isLayer = (value: unknown): boolean => typeof value === 'function' && value.length > 2;

/**
Makes a codec of two plain functions.

It compares the bytes that `encode` makes with those that came in, so `encode` should give equal bytes for equal
sessions. If it doesn't, every request that reads the session also writes it. What `decode` gets is a copy.

@example
import v8 from 'node:v8';
import session, {pair} from 'koa-server-session';

app.use(session(app, {codec: pair(v8.serialize, v8.deserialize)}));
*/
export const pair = <Session>(
	encode: (session: Session) => Uint8Array,
	decode: (bytes: Uint8Array) => Session,
): Codec<Session> => {
	const paired: Codec<Session> = function* (stored) {
		const session = yield stored && decode(copyOf(stored));
		const kept = session === undefined ? undefined : encode(session);
		return stored && kept && Buffer.compare(stored, kept) === 0 ? stored : kept;
	};
	return madeOf(paired, pair, encode, decode);
};

/** In memory of its own, unlike `Buffer.from()`: what decodes it may return views of it, which a route may write into. */
const copyOf = (stored: Uint8Array): Buffer => {
	const copy = Buffer.allocUnsafeSlow(stored.length);
	copy.set(stored);
	return copy;
};

/**
Where a codec or a layer has what it is made of. Not enumerable, since that may be keys.

A registered symbol, because each entry point of the package has its own copy of the modules that it imports.
*/
const partsOf = Symbol.for('koa-server-session parts');

/**
Records what a codec or a layer is made of: the function that makes it, and the options that decide what it can read.

`areAlike()` compares by that. Without a record, only the same function is alike.
*/
export const madeOf = <Made extends (...args: never[]) => unknown>(made: Made, ...parts: readonly unknown[]): Made =>
	Object.defineProperty(made, partsOf, {value: parts});

/** Whether two codecs are one function, or come from the same function with parts that are alike. */
export const areAlike = (one: unknown, other: unknown): boolean => {
	if (Object.is(one, other)) return true;
	const [parts, others] = [toParts(one), toParts(other)];
	if (!parts || parts.length !== others?.length) return false;
	return parts.every((part, index) => areAlike(part, others[index]));
};

const toParts = (value: unknown): readonly unknown[] | undefined => {
	if (typeof value === 'function') return (value as {readonly [partsOf]?: readonly unknown[]})[partsOf];
	return Array.isArray(value) ? value : undefined;
};

/** A passage at its `yield`. Call either `close` or `abort`, once. */
export type OpenPassage<Session> = {
	/** What the codec yielded. `undefined`: nothing was stored. */
	readonly session: Session | undefined;

	/** Gives back the session to keep. Returns the bytes to store: the very bytes that came in if nothing changed. */
	close(session: Session | undefined): Stored;

	/** Gives nothing back. The codec's `finally` blocks run. Does nothing the second time, or after `close`. */
	abort(): void;
};

/**
Runs a codec up to its `yield`.

The only code that knows the protocol. Everyone else sees `{session, close, abort}`.

@throws TypeError If the codec doesn't yield exactly once, here or in `close()`.
*/
export const open = <Session>(codec: Codec<Session>, stored: Stored, context: CodecContext): OpenPassage<Session> => {
	const passage = codec(stored, context);
	const {done, value} = passage.next();
	if (done) throw new TypeError('Expected the codec to yield the session once, but it returned first');
	return new YieldedPassage(passage, value);
};

class YieldedPassage<Session> implements OpenPassage<Session> {
	readonly session: Session | undefined;
	readonly #passage: Passage<Session>;
	#isOpen = true;

	constructor(passage: Passage<Session>, session: Session | undefined) {
		this.#passage = passage;
		this.session = session;
	}

	close(session: Session | undefined): Stored {
		// A finished generator answers `undefined` forever, which would read as "keep nothing".
		if (!this.#isOpen) throw new TypeError('Expected an open passage, but this one was already closed. Open a new one');
		this.#isOpen = false;

		const kept = this.#passage.next(session);
		if (kept.done) return kept.value;

		this.#passage.return(undefined);
		throw new TypeError('Expected the codec to yield the session once, but it yielded again');
	}

	abort(): void {
		this.#isOpen = false;
		this.#passage.return(undefined);
	}
}
