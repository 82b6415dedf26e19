import {isUint8Array} from 'node:util/types';
import {type Codec, open, type Passage} from '../codec.ts';
import {SessionError} from '../errors.ts';

/** What one byte can count: 0 is kept for tombstones. */
const maxCodecs = 255;

/**
Makes one codec of all that an application has used so far, the oldest first. The last one writes.

A record begins with one byte: the place in the list, from 1, of the codec that wrote the rest. Only that one reads it:
whoever may try the others lets a forged record choose its check. So the list grows at its end, and nothing in it moves.
A record of an older codec is rewritten by the newest when it is read, changed or not.

One that is listed twice, as one and the same function, writes under its first place, as it did before. So processes that
learn to read what is to come, by `[plain, sealed, plain]`, write what those read that haven't learned it yet.

@throws RangeError For an empty list, and for more than 255 codecs.
@throws SessionError Before the `yield`, `ERR_SESSION_UNDECODABLE`, for a record of a codec that isn't listed.
*/
export const history = <Session>(codecs: readonly Codec<Session>[]): Codec<Session> => {
	const newest = codecs.at(-1);
	if (!newest || codecs.length > maxCodecs)
		throw new RangeError(`Expected \`codec\` to list 1 to ${maxCodecs} codecs, got ${codecs.length}`);

	const own = codecs.indexOf(newest) + 1;
	const mark = (bytes: Uint8Array): Uint8Array => {
		if (!isUint8Array(bytes)) throw new TypeError(`Expected the codec to return bytes, got a ${typeof bytes}`);
		// From Buffer's pool: memory of its own costs several times as much.
		const record = Buffer.allocUnsafe(bytes.length + 1);
		record[0] = own;
		record.set(bytes, 1);
		return record;
	};

	return function* (stored, context): Passage<Session> {
		const place = stored ? stored[0] : own;
		const inner = stored?.subarray(1);

		if (place === own) {
			const kept = yield* newest(inner, context);
			return kept === inner ? stored : kept && mark(kept);
		}

		const writer = place ? codecs[place - 1] : undefined;
		if (!writer)
			throw new SessionError(
				'ERR_SESSION_UNDECODABLE',
				'Expected a record of a codec in the list, got another. List all that were ever used, in their order',
			);

		const reading = open(writer, inner, context);
		try {
			const session = yield reading.session;
			// While `reading` is open: what it lent may be a view of memory that its `finally` wipes.
			const kept = open(newest, undefined, context).close(session);
			return kept && mark(kept);
		} finally {
			reading.abort();
		}
	};
};
