import type {Codec} from '../../codec.ts';

/** A session as a codec gets it: the application's data, and what is kept besides. */
export type Envelope = {
	/** In milliseconds since the epoch. */
	readonly createdAt: number;
	readonly permanent: boolean;

	readonly data: Record<string, unknown>;

	/** Whose session it is. */
	readonly subject?: string;

	/** The session's own timeouts, in milliseconds. `null`: none. */
	readonly idleTimeout?: number;
	readonly absoluteTimeout?: number | null;

	/** When it was last used, in milliseconds since the epoch, if its expiry doesn't show that. */
	readonly seenAt?: number;

	/** The key in its user's device to which it is bound, and since when a request needs a proof of it. */
	readonly binding?: {readonly key: string; readonly since?: number};

	/** Messages that wait to be shown, each under its own name. Their order counts. */
	readonly flashes?: Readonly<Record<string, readonly [kind: string, message: unknown]>>;
};

/** One sentence of the codec contract, and how to find out whether a codec fulfils it. */
export type CodecCase = {
	/** The sentence. Unique. */
	readonly title: string;

	/** Throws, mostly an `AssertionError`, if the codec breaks the contract. */
	readonly run: (codec: Codec<Envelope>) => void;
};
