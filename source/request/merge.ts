import {equal, isPlain} from './equal.ts';

/** A session's data. */
export type Data = Record<string, unknown>;

/** Stands for a key that doesn't exist, as opposed to a key with the value `undefined`. */
const absent = Symbol('absent');

/**
Merges two changes of the same session data: `theirs`, which is already stored, and `mine`.

What only one side added, changed or deleted is kept, also inside plain objects. If both changed the same, `mine` wins.
An array, `Date`, `Map` or any other value counts as one value, and is compared by its content.

Replacing or deleting a whole object wins over a change inside it, on either side. A late request that counts
`user.visits` must not bring back a `user` whom another request logged out by `delete session.user`.

`catchUp()` calls it through `LiveState.rebase()`.

The arguments don't change. The result shares with them every value that needs no merge. Keys are in the order of
`theirs`.
*/
export const merge = (base: Data, theirs: Data, mine: Data): Data =>
	// Spreading and `fromEntries` define properties, so `__proto__` is a key like any other.
	Object.fromEntries(
		Object.keys({...theirs, ...mine})
			.map(key => [key, settle(at(base, key), at(theirs, key), at(mine, key))] as const)
			.filter(([, value]) => value !== absent),
	);

const settle = (base: unknown, theirs: unknown, mine: unknown): unknown => {
	// First, so that a value that nobody else changed stays the same object: the route may still use it.
	if (equal(theirs, base)) return mine;
	if (equal(mine, base)) return theirs;
	if (isPlain(theirs) && isPlain(mine)) return merge(isPlain(base) ? base : {}, theirs, mine);
	return isPlain(base) && isPlain(mine) ? theirs : mine;
};

const at = (data: Data, key: string): unknown => (Object.hasOwn(data, key) ? data[key] : absent);
