import {isUint8Array} from 'node:util/types';
import {areAlike, type Codec, type OpenPassage, open, type Passage, type Stored} from '../codec.ts';
import {SessionError} from '../errors.ts';

/** As many as one byte can number. 0 marks tombstones, and 255 claims. */
const maxCodecs = 254;

/**
Makes one codec of all codecs that an application has ever used, the oldest first. The last one writes.

A record begins with one byte: the position in the list, from 1, of the codec that wrote the rest. Only that codec reads
it: if others were tried, a forged record could choose its own check. So the list grows at its end, and nothing in it
moves. When a record of an older codec is read, the newest rewrites it, changed or not.

A codec that is listed twice writes under its first position, as it did before it was listed again. So `[plain, sealed]`
goes back to `[plain, sealed, plain]`, and processes that know only `[plain]` read what the others write. Two codecs count
as one if the same function of this library made them with the same options; your own, if they are the same function.

An unchanged session that the newest codec can't encode stays as it is, so that reading it doesn't fail.

@throws RangeError For an empty list, and for more than 254 codecs.
@throws SessionError Before the `yield`, `ERR_SESSION_UNDECODABLE`, for a record of a codec that isn't listed.
*/
export const codecList = <Session>(codecs: readonly Codec<Session>[]): Codec<Session> => {
	const newest = codecs.at(-1);
	if (!newest || codecs.length > maxCodecs)
		throw new RangeError(`Expected \`codec\` to list 1 to ${maxCodecs} codecs, got ${codecs.length}`);

	const own = codecs.findIndex(each => areAlike(each, newest)) + 1;
	const mark = (bytes: Uint8Array): Uint8Array => {
		if (!isUint8Array(bytes)) throw new TypeError(`Expected the codec to return bytes, got a ${typeof bytes}`);
		// From Buffer's pool: allocating separately costs several times as much.
		const record = Buffer.allocUnsafe(bytes.length + 1);
		record[0] = own;
		record.set(bytes, 1);
		return record;
	};

	return function* (stored, context): Passage<Session> {
		const position = stored ? stored[0] : own;
		const inner = stored?.subarray(1);

		if (position === own) {
			const kept = yield* newest(inner, context);
			return kept === inner ? stored : kept && mark(kept);
		}

		const writer = position ? codecs[position - 1] : undefined;
		if (!writer)
			throw new SessionError(
				'ERR_SESSION_UNDECODABLE',
				'Expected a record of a codec in the list, got another. List every codec that was ever used, in order',
			);

		const reading = open(writer, inner, context);
		try {
			const session = yield reading.session;
			try {
				// While `reading` is open: what it yielded may be a view of memory that its `finally` wipes.
				const kept = open(newest, undefined, context).close(session);
				return kept && mark(kept);
			} catch (error) {
				if (isUnchanged(reading, session, inner)) return stored;
				throw error;
			}
		} finally {
			reading.abort();
		}
	};
};

/** Asks the codec that wrote a session. It may fail too: the route may have left something that no codec encodes. */
const isUnchanged = <Session>(reading: OpenPassage<Session>, session: Session | undefined, inner: Stored): boolean => {
	try {
		return reading.close(session) === inner;
	} catch {
		return false;
	}
};
