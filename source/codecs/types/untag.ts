import {isPlainObject} from '../../plain.ts';
import type {Spelling} from './spelling.ts';
import {isTag} from './tag.ts';

/** The farthest that a date can be from the epoch, in milliseconds. */
const maxTime = 8.64e15;

const specialNumbers = new Map<unknown, number>(
	['-0', 'NaN', 'Infinity', '-Infinity'].map(name => [name, Number(name)]),
);

/**
Makes the values that tags spell, within what a format decoded.

@throws TypeError For what `tag()` doesn't write, and for more levels than `depth`.
*/
export const untag = (value: unknown, spelling: Spelling, depth: number): unknown => {
	if (typeof value === 'string') return spelling.readText(value);
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return untagEach(value, spelling, below(depth));

	check(isPlainObject(value));
	const entries = Object.entries(value).map(([key, item]) => [spelling.readText(key), item] as const);
	const [[name, spelled] = ['', undefined]] = entries;
	const isTagged = isTag(entries.map(([key]) => key));
	if (isTagged && !name.startsWith('$$')) return readTag(name, spelled, spelling, depth);

	const inner = below(depth);
	// It defines properties instead of assigning them: a `__proto__` among the keys is data like any other.
	return Object.fromEntries(
		entries.map(([key, item]) => [isTagged ? key.slice(1) : key, untag(item, spelling, inner)]),
	);
};

const untagEach = (list: unknown, spelling: Spelling, depth: number): unknown[] => {
	check(Array.isArray(list));
	return list.map(item => untag(item, spelling, depth));
};

const readTag = (name: string, spelled: unknown, spelling: Spelling, depth: number): unknown => {
	switch (name) {
		case '$undefined':
			check(spelled === true);
			return undefined;
		case '$number':
			check(specialNumbers.has(spelled));
			return specialNumbers.get(spelled);
		case '$bigint':
			check(typeof spelled === 'string' && /^(0|-?[1-9]\d*)$/.test(spelled));
			return BigInt(spelled);
		case '$date':
			check(spelled === null || (typeof spelled === 'number' && Math.abs(spelled) <= maxTime));
			return new Date(spelled ?? Number.NaN);
		case '$bytes':
			return new Uint8Array(spelling.readBytes(spelled));
		case '$buffer':
			return spelling.readBytes(spelled);
		case '$set':
			return new Set(untagEach(spelled, spelling, below(depth)));
		case '$map':
			check(Array.isArray(spelled));
			return new Map(spelled.map(entry => readEntry(entry, spelling, below(depth))));
		default:
			throw new TypeError('Expected a known tag');
	}
};

const readEntry = (spelled: unknown, spelling: Spelling, depth: number): [unknown, unknown] => {
	check(Array.isArray(spelled) && spelled.length === 2);
	return [untag(spelled[0], spelling, depth), untag(spelled[1], spelling, depth)];
};

const below = (depth: number): number => {
	check(depth > 0);
	return depth - 1;
};

/** @throws TypeError If something isn't as `tag()` writes it. */
export const check: (isRight: boolean) => asserts isRight = isRight => {
	if (!isRight) throw new TypeError('Expected what `tag()` writes');
};
