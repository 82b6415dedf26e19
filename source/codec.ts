/** What a store keeps for one session; `undefined`: there is none, or none is to be kept. */
export type Stored = Uint8Array | undefined;

/** What the codec turns into bytes: the session and what must travel with it. */
export type Envelope<Fields = Record<string, unknown>> = {
	/** Milliseconds since the epoch. The absolute timeout counts from here, also after `regenerate()`. */
	readonly createdAt: number;

	/** Whether the cookie outlives the browser. */
	readonly permanent: boolean;

	readonly data: Fields;

	/** Flash messages that wait to be shown. Absent: none. Kept apart, so that nothing that is done to data reaches them. */
	readonly flashes?: Flashes;
};

/** Flash messages in their order, each under a random name: what two requests add at once is both kept by a merge. */
export type Flashes = Readonly<Record<string, readonly [kind: string, message: unknown]>>;

/** What a codec may know beside the bytes. */
export type CodecContext = {
	/** The record's key in the store. `encrypt` binds the bytes to it. */
	readonly key: string;
};

/**
One request's way through a codec: lends the session by its only `yield`, takes back the one to keep, returns the bytes.

`Generator`'s three places, spelled once: what the request sees, what the store keeps, what the request gives back.
*/
export type Passage<Session> = Generator<Session | undefined, Stored, Session | undefined>;

/**
Turns stored bytes into a session and back, as a generator function that lives as long as one request.

Above the `yield` it decodes, below it encodes; its local variables live through both.

- `stored` is `undefined` for a session that isn't stored yet; yield `undefined` then.
- Returning **the very value that came in** means *unchanged*. Nobody may write into `stored`.
- Returning `undefined` keeps nothing; so does a codec whose `yield` gave it `undefined`.
- Throwing before the `yield`: undecodable; the request gets an empty session, and an event tells.
  Throwing after it: not encodable; the request fails, and the store keeps what it has.
- A `finally` around the `yield` always runs, also for a request that fails.

@example
import type {Codec} from 'koa-server-session';

const json: Codec<{views: number}> = function * (stored) {
	const before = stored && new TextDecoder().decode(stored);
	const session = yield before ? JSON.parse(before) : undefined;
	const after = session && JSON.stringify(session);
	return after === before ? stored : after ? new TextEncoder().encode(after) : undefined;
};
*/
export type Codec<Session> = (stored: Stored, context: CodecContext) => Passage<Session>;

/**
A step between a codec and the store, such as compression: undo, `yield * next(…)`, redo.

Generic per call, so that it can neither look into a session nor make one up.

@example
import {deflateRawSync, inflateRawSync} from 'node:zlib';
import type {Layer, Passage, Stored} from 'koa-server-session';

const deflate: Layer = function * (stored, context, next) {
	const inner = stored && inflateRawSync(stored);
	const kept = yield * next(inner, context);
	return kept === inner ? stored : kept && deflateRawSync(kept);
};
*/
export type Layer = <Session>(stored: Stored, context: CodecContext, next: Codec<Session>) => Passage<Session>;

/**
Puts layers around a codec, in the order in which data is saved.

@example
import session, {codec, json} from 'koa-server-session';
import {deflate} from './deflate.ts';

app.use(session(app, {codec: codec(json(), deflate)}));
*/
export const codec = <Session>(base: Codec<Session>, ...layers: readonly Layer[]): Codec<Session> =>
	layers.reduce<Codec<Session>>((next, layer) => (stored, context) => layer(stored, context, next), base);

/**
Makes a codec of a plain pair of functions.

It compares the bytes that `encode` makes with those that came in, so `encode` should give equal bytes for equal
sessions; where it can't, every request that reads the session also writes it.

@example
import v8 from 'node:v8';
import session, {pair} from 'koa-server-session';

app.use(session(app, {codec: pair(v8.serialize, v8.deserialize)}));
*/
export const pair = <Session>(
	encode: (session: Session) => Uint8Array,
	decode: (bytes: Uint8Array) => Session,
): Codec<Session> =>
	function* (stored): Passage<Session> {
		const session = yield stored && decode(stored);
		const kept = session === undefined ? undefined : encode(session);
		return stored && kept && Buffer.compare(stored, kept) === 0 ? stored : kept;
	};

/** A passage under way, as the engine holds it. Exactly one of `close` and `abort` is called, once. */
export type OpenPassage<Session> = {
	/** What the codec lent; `undefined` if nothing was stored. */
	readonly session: Session | undefined;

	/** Gives back the session to keep; returns the bytes to store, or those that came in if nothing changed. */
	close(session: Session | undefined): Stored;

	/** Gives nothing back. The codec's `finally` blocks run. Idempotent, also after `close`. */
	abort(): void;
};

/**
Runs a codec up to its `yield`.

The only code that knows the protocol; everyone else sees `{session, close, abort}`.

@throws TypeError If the codec doesn't yield exactly once, here or in `close()`.
*/
export const open = <Session>(codec: Codec<Session>, stored: Stored, context: CodecContext): OpenPassage<Session> => {
	const passage = codec(stored, context);
	const loaded = passage.next();
	if (loaded.done) throw new TypeError('Expected the codec to yield the session once, but it returned before');
	return new LentPassage(passage, loaded.value);
};

class LentPassage<Session> implements OpenPassage<Session> {
	readonly session: Session | undefined;
	readonly #passage: Passage<Session>;
	#isOpen = true;

	constructor(passage: Passage<Session>, session: Session | undefined) {
		this.#passage = passage;
		this.session = session;
	}

	close(session: Session | undefined): Stored {
		// A finished generator answers `undefined` for ever, which would read as "keep nothing".
		if (!this.#isOpen) throw new TypeError('Expected an open passage, but this one was closed before. Open a new one');
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
