import {isPlainObject} from '../plain.ts';
import type {Data} from '../session.ts';
import {equal} from './equal.ts';

/** Stands for a key that doesn't exist, as opposed to a key with the value `undefined`. */
const absent = Symbol('absent');

/**
Merges two changes of the same session data: `theirs`, which is already stored, and `mine`.

What only one side added, changed or deleted is kept, also inside plain objects. If both changed the same, `mine` wins.
An array, `Date`, `Map` or any other value counts as one value, and is compared by its content.

Replacing or deleting a whole object wins over a change inside it, on either side. A late request that counts
`user.visits` must not bring back a `user` whom another request logged out by `delete session.user`.

The arguments don't change. The result shares with them every value that needs no merge. Keys are in the order of
`theirs`.
*/
export const merge = (base: Data, theirs: Data, mine: Data): Data => build(settleKeys(base, theirs, mine));

/** What became of one value, and who changed it. Found in one pass from the leaves up, so that depth costs nothing extra. */
type Settled<Value = unknown> = {readonly value: Value; readonly byThem: boolean; readonly byMe: boolean};

type Entries = readonly (readonly [key: string, value: unknown])[];

const settle = (base: unknown, theirs: unknown, mine: unknown): Settled => {
	if (isPlainObject(base) && isPlainObject(theirs) && isPlainObject(mine)) {
		const settled = settleKeys(base, theirs, mine);
		const {byThem, byMe} = settled;
		// A value that nobody else changed stays the same object: the route may still use it.
		return {value: byThem ? (byMe ? build(settled) : theirs) : mine, byThem, byMe};
	}

	const [byThem, byMe] = [!equal(theirs, base), !equal(mine, base)];
	return {value: byThem ? (byMe ? decide(base, theirs, mine) : theirs) : mine, byThem, byMe};
};

/** Both changed it, and at least one of the three is no plain object. */
const decide = (base: unknown, theirs: unknown, mine: unknown): unknown => {
	if (isPlainObject(theirs) && isPlainObject(mine)) return merge({}, theirs, mine);
	return isPlainObject(base) && isPlainObject(mine) ? theirs : mine;
};

const settleKeys = (base: Data, theirs: Data, mine: Data): Settled<Entries> => {
	const value: [key: string, value: unknown][] = [];
	let [byThem, byMe] = [false, false];
	for (const key of Object.keys({...theirs, ...mine, ...base})) {
		const settled = settle(at(base, key), at(theirs, key), at(mine, key));
		if (settled.value !== absent) value.push([key, settled.value]);
		byThem ||= settled.byThem;
		byMe ||= settled.byMe;
	}
	return {value, byThem, byMe};
};

/** `fromEntries` defines properties, so `__proto__` is a key like any other. So does spreading. */
const build = ({value}: Settled<Entries>): Data => Object.fromEntries(value);

const at = (data: Data, key: string): unknown => (Object.hasOwn(data, key) ? data[key] : absent);

/** The application's `merge` may return anything. A promise, for example, would leave an empty session. */
export const checkMerged = (data: unknown): Data => {
	if (isPlainObject(data)) return data;
	throw new TypeError('Expected `merge` to return the data as a plain object, got something else. Nothing was stored');
};
