import {type Layer, madeOf} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {checkInteger, checkObject, quote, unexpected} from '../options/checks.ts';
import {checkNames} from '../options/names.ts';
import {type Algorithm, type Method, methods} from './compress/algorithms.ts';

export type {Algorithm} from './compress/algorithms.ts';

/** Options of `compress()`. */
export type CompressOptions = {
	/**
	What to write with. A record of any algorithm is read, so this can change at any time.

	`'zstd'` needs Node 22.15 or later wherever sessions are written or read.

	@default 'deflate-raw'
	*/
	readonly algorithm?: Algorithm;

	/**
	The fewest bytes to compress, an integer from 0 up. Fewer are stored as they are.

	@default 1024
	*/
	readonly threshold?: number;

	/**
	The most bytes that a session may have before compression, an integer from 1 to 2 ** 30 (1 GiB).

	A larger session is refused when it is written, and a record that would expand to more is refused when it is read,
	before that takes memory or time. A session of one megabyte may take fifteen as objects, and a hundred milliseconds to
	decode; both grow in proportion. Lowering the limit makes larger records undecodable.

	@default 2 ** 20
	*/
	readonly maxBytes?: number;
};

/** The first byte of a record whose other bytes are as they were. */
const asIs = 0;

const names = methods.map(({name}) => `\`${name}\``).join(', ');

/**
Compresses sessions with what Node has built in.

A record begins with one byte that says what follows: the bytes as they were, because they are few or didn't shrink, or
the algorithm that compressed them. A session that is read and not changed is expanded, and never compressed again.

Put it before `encrypt()`, since encrypted bytes don't shrink. Beware: then the length of a record reveals something about
its content. If attackers see lengths, in the store or on the way there, and can put text of their own into a session
that also holds a secret, they can guess that secret piece by piece: the right guess makes the record shorter. In that
case don't compress.

@throws TypeError RangeError For options out of range, and for an algorithm that this Node lacks.
@throws SessionError Before the `yield`, `ERR_SESSION_UNDECODABLE`, for bytes that it didn't write: cut off, followed by
others, or expanding to more than `maxBytes`.
@throws SessionError After it, `ERR_SESSION_TOO_LARGE`, for more than `maxBytes`.

@see https://www.rfc-editor.org/rfc/rfc7457#section-2.6 Secrets that were compressed together with other text.

@example
import session, {codec, json} from 'koa-server-session';
import {compress} from 'koa-server-session/codecs/compress';

app.use(session(app, {codec: codec(json(), compress({threshold: 2048}))}));
*/
export const compress = (options: CompressOptions = {}): Layer => {
	checkObject('options', options, "an object such as `{algorithm: 'brotli'}`");
	checkNames(options, ['algorithm', 'threshold', 'maxBytes']);
	const {method, threshold, maxBytes} = checkOptions(options);

	const pack = (bytes: Uint8Array): Uint8Array => {
		if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
		const packed = bytes.length < threshold ? bytes : method.compress(bytes);
		return packed.length < bytes.length ? mark(method.mark, packed) : mark(asIs, bytes);
	};

	const layer: Layer = function* (stored, context, next) {
		const inner = stored && expand(stored, maxBytes);
		const kept = yield* next(inner, context);
		return kept === inner ? stored : kept && pack(kept);
	};
	// The algorithm and the threshold decide nothing about what it can read.
	return madeOf(layer, compress, maxBytes);
};

const mark = (first: number, bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.of(first), bytes]);

const expand = (stored: Uint8Array, maxBytes: number): Uint8Array => {
	const bytes = stored.subarray(1);
	if (stored[0] === asIs && bytes.length <= maxBytes) return bytes;

	try {
		const method = methods.find(({mark}) => mark === stored[0]);
		if (method) return method.expand(bytes, maxBytes);
	} catch {
		// What is wrong with the bytes helps nobody. That they are foreign, or too many, is said below.
	}

	throw new SessionError(
		'ERR_SESSION_UNDECODABLE',
		`Expected a record as \`compress()\` writes it by ${names}, of at most ${maxBytes} bytes ` +
			'once expanded. If another codec wrote it, list that before this one. If it is larger, raise `maxBytes`',
	);
};

const tooLarge = (length: number, maxBytes: number): SessionError =>
	new SessionError(
		'ERR_SESSION_TOO_LARGE',
		`The session takes ${length} bytes, but \`compress()\` accepts at most ${maxBytes}. Keep large things elsewhere, or ` +
			'raise its `maxBytes`',
	);

const checkOptions = ({
	algorithm = 'deflate-raw',
	threshold = 1024,
	maxBytes = 2 ** 20,
}: CompressOptions): {method: Method; threshold: number; maxBytes: number} => {
	const method = methods.find(({name}) => name === algorithm);
	if (!method)
		throw unexpected('algorithm', `${names}, which is what Node ${process.version} has`, algorithm, quote(algorithm));
	checkInteger('threshold', threshold, {least: 0, most: Number.MAX_SAFE_INTEGER, what: 'an integer from 0 up'});
	checkInteger('maxBytes', maxBytes, {least: 1, most: 2 ** 30, what: 'an integer from 1 to 2 ** 30'});
	return {method, threshold, maxBytes};
};
