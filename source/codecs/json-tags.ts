import {isDate, isMap, isSet, isUint8Array} from 'node:util/types';
import {describeInstance, enter, type Place, refuse} from './place.ts';
import {isBuiltIn, isPlainArray, isPlainObject} from './plain.ts';

/** An array filled by users' numbers, as `votes[id] = true`, would otherwise become gigabytes of nothing. */
const maxHoles = 1000;

/** The farthest that a date can be from the epoch, in milliseconds. */
const maxTime = 8.64e15;

const specialNumbers = new Map<unknown, number>(
	['-0', 'NaN', 'Infinity', '-Infinity'].map(name => [name, Number(name)]),
);

/** Whether JSON has a number. */
export const isBareNumber = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);

/** Copies a value, with all that JSON lacks spelled as tags. */
export const tag = (value: unknown, place?: Place): unknown => {
	switch (typeof value) {
		case 'string':
		case 'boolean':
			return value;
		case 'number':
			return isBareNumber(value) ? value : {$number: Object.is(value, -0) ? '-0' : String(value)};
		case 'bigint':
			return {$bigint: String(value)};
		case 'undefined':
			return {$undefined: true};
		case 'object':
			return value && (tagAtom(value) ?? tagContainer(value, place));
		default:
			return refuse(place, `a ${typeof value}`);
	}
};

const tagAtom = (value: object): unknown => {
	// JSON makes `null` of the time of an invalid date.
	if (isDate(value) && isBuiltIn(value, Date)) return {$date: value.getTime()};
	if (!isUint8Array(value)) return undefined;

	const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
	if (Object.getPrototypeOf(value) === Buffer.prototype) return {$buffer: base64};
	return isBuiltIn(value, Uint8Array) ? {$bytes: base64} : undefined;
};

const tagContainer = (value: object, outer: Place | undefined): unknown => {
	const inside = (step: string | number): Place => ({container: value, step, outer});
	enter(value, outer);

	if (isMap(value) && isBuiltIn(value, Map))
		return {$map: Array.from(value, (entry, index) => entry.map(part => tag(part, inside(index))))};
	if (isSet(value) && isBuiltIn(value, Set))
		return {$set: Array.from(value, (item, index) => tag(item, inside(index)))};

	const isList = isPlainArray(value);
	if (!isList && !isPlainObject(value)) return refuse(outer, describeInstance(value));
	// It needn't be enumerable for `JSON.stringify` to call it.
	if ('toJSON' in value && typeof value['toJSON'] === 'function') return refuse(inside('toJSON'), 'a function');
	if (isList) return tagItems(value, inside);

	const keys = Object.keys(value);
	const mark = isTag(keys) ? '$' : '';
	return Object.fromEntries(keys.map(key => [mark + key, tag(value[key], inside(key))]));
};

const tagItems = (list: readonly unknown[], inside: (step: number) => Place): unknown[] => {
	let holes = 0;
	return Array.from(list, (item, index) => {
		if (item === undefined && !(index in list)) holes++;
		if (holes > maxHoles) refuse(inside(index), `more than ${maxHoles} holes in its array`);
		return tag(item, inside(index));
	});
};

/** Whether an object with these keys is a tag, or would look like one. */
const isTag = ([key, ...others]: readonly string[]): boolean => key?.startsWith('$') === true && others.length === 0;

/**
Makes the values that tags spell, within what `JSON.parse` made.

@throws TypeError For a tag that `tag()` doesn't write, and for more levels than `depth`.
*/
export const untag = (value: unknown, depth: number): unknown => {
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return untagEach(value, below(depth));

	const entries = Object.entries(value);
	const [[name, spelled] = ['', undefined]] = entries;
	const isTagged = isTag(Object.keys(value));
	if (isTagged && !name.startsWith('$$')) return readTag(name, spelled, depth);

	const inner = below(depth);
	// It defines properties instead of assigning them: a `__proto__` among the keys is data like any other.
	return Object.fromEntries(entries.map(([key, item]) => [isTagged ? key.slice(1) : key, untag(item, inner)]));
};

const untagEach = (list: unknown, depth: number): unknown[] => {
	check(Array.isArray(list));
	return list.map(item => untag(item, depth));
};

const readTag = (name: string, spelled: unknown, depth: number): unknown => {
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
			return new Uint8Array(readBase64(spelled));
		case '$buffer':
			return readBase64(spelled);
		case '$set':
			return new Set(untagEach(spelled, below(depth)));
		case '$map':
			check(Array.isArray(spelled));
			return new Map(spelled.map(entry => readEntry(entry, below(depth))));
		default:
			throw new TypeError('Expected a known tag');
	}
};

const readEntry = (spelled: unknown, depth: number): [unknown, unknown] => {
	check(Array.isArray(spelled) && spelled.length === 2);
	return [untag(spelled[0], depth), untag(spelled[1], depth)];
};

const readBase64 = (spelled: unknown): Buffer => {
	check(typeof spelled === 'string');
	const bytes = Buffer.from(spelled, 'base64');
	// `Buffer.from` skips what isn't base64.
	check(bytes.toString('base64') === spelled);
	return bytes;
};

const below = (depth: number): number => {
	check(depth > 0);
	return depth - 1;
};

const check: (isRight: boolean) => asserts isRight = isRight => {
	if (!isRight) throw new TypeError('Expected what `tag()` writes');
};
