import {equal, isPlain} from './equal.ts';

/** A session's data. */
export type Data = Record<string, unknown>;

/** Stands for a key that isn't there, which isn't the same as one that holds `undefined`. */
const absent = Symbol('absent');

/**
Joins two changes of the same session data: `theirs`, which is stored already, and `mine`.

What one side alone added, changed or deleted is kept, also inside of plain objects. What both changed is `mine`. An
array, `Date`, `Map` or any other value is one value, equal or not by its content.

Replacing or deleting a whole object beats a change inside of it, on either side: a late request that counts
`user.visits` must not bring back a `user` whom another request logged out by `delete session.user`.

The arguments stay as they are; the result shares with them what it takes unmerged. Keys come in the order of `theirs`.
*/
export const merge = (base: Data, theirs: Data, mine: Data): Data =>
	// Spreading and `fromEntries` define properties, so that `__proto__` is a key like any other.
	Object.fromEntries(
		Object.keys({...theirs, ...mine})
			.map(key => [key, settle(at(base, key), at(theirs, key), at(mine, key))] as const)
			.filter(([, value]) => value !== absent),
	);

const settle = (base: unknown, theirs: unknown, mine: unknown): unknown => {
	// First, so that what nobody else changed stays the very object that a route may hold on to.
	if (equal(theirs, base)) return mine;
	if (equal(mine, base)) return theirs;
	if (isPlain(theirs) && isPlain(mine)) return merge(isPlain(base) ? base : {}, theirs, mine);
	return isPlain(base) && isPlain(mine) ? theirs : mine;
};

const at = (data: Data, key: string): unknown => (Object.hasOwn(data, key) ? data[key] : absent);
