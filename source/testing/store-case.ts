import type {Store} from '../store.ts';
import type {Clock} from './clock.ts';

/** What a store can do beyond the least; each trait brings its cases. */
export type StoreTraits = {
	/** It keeps what it is given. Every store but the null store does. */
	readonly keeps?: boolean;

	/**
	Of several calls that change one record at once, from any number of processes, one wins. Every store should.

	One that can only get and set can't, as those that `fromExpressStore()` adapts.
	*/
	readonly compareAndSwap?: boolean;

	/** It has `prune()`. */
	readonly prune?: boolean;

	/** It has `bySubject()`. */
	readonly bySubject?: boolean;
};

/** One sentence of the store contract, and how to find out whether a store keeps it. */
export type StoreCase = {
	/** The sentence. Unique. */
	readonly title: string;

	/** The case holds only for stores with this trait. */
	readonly needs?: keyof StoreTraits;

	/**
	Rejects, mostly with an `AssertionError`, if the store breaks the contract.

	@param store Empty, used by nobody else, and closed afterwards by whoever opened it; a case may close it too.
	*/
	readonly run: (store: Store, clock: Clock) => Promise<void>;
};
