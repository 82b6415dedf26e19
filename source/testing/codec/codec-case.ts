import type {Codec, Envelope} from '../../codec.ts';

export type {Envelope} from '../../codec.ts';

/** One sentence of the codec contract, and how to find out whether a codec fulfils it. */
export type CodecCase = {
	/** The sentence. Unique. */
	readonly title: string;

	/** Throws, mostly an `AssertionError`, if the codec breaks the contract. */
	readonly run: (codec: Codec<Envelope>) => void;
};
