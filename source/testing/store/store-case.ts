import type {Store} from '../../store.ts';
import type {Clock} from './clock.ts';

/** What a store, or a run of the cases, can do beyond the least; each trait brings its cases. */
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

	/** It has `keys()`. */
	readonly keys?: boolean;

	/** It has a `maxBytes`, and the backend has room for a few records twice that large. */
	readonly maxBytes?: boolean;

	/** It opened something, which `close()` ends: from then on it refuses to work. */
	readonly closes?: boolean;

	/** Others can be opened on the same records: the cases get an `openAnother`. */
	readonly shared?: boolean;

	/** It asks `Date.now()` for the time, and the clock fakes that: months pass without waiting. */
	readonly fakedTime?: boolean;
};

/**
Opens one more store on the records of the store under test, as another process would: with nothing in common but the
backend.

The case that opened it closes it.
*/
export type OpenAnother = () => Store | Promise<Store>;

/** One sentence of the store contract, and how to find out whether a store keeps it. */
export type StoreCase = {
	/** The sentence. Unique. */
	readonly title: string;

	/** The case holds only for stores with this trait. */
	readonly needs?: keyof StoreTraits;

	/**
	Rejects, mostly with an `AssertionError`, if the store breaks the contract.

	@param store Empty and not shared. The caller closes it afterwards; a case may close it too.
	@param openAnother Only for the cases that need `shared`.
	*/
	readonly run: (store: Store, clock: Clock, openAnother?: OpenAnother) => Promise<void>;
};
