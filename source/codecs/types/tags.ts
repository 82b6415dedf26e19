import {isDate, isMap, isSet, isUint8Array} from 'node:util/types';
import {isBuiltIn, isPlainArray, isPlainObject} from '../../plain.ts';
import {isBareNumber} from './bare.ts';
import {enter, maxDepth, type Place, refuse, refuseInstance} from './place.ts';

/** How a format writes what formats don't have in common, in a session that needs tags. Each pair undoes the other. */
export type Spelling = {
	writeBytes(bytes: Buffer): unknown;

	/** Returns memory that nobody else uses. @throws TypeError For what `writeBytes` doesn't return. */
	readBytes(spelled: unknown): Buffer;

	/** For keys as well as for values. */
	writeText(text: string): string;

	/** @throws TypeError For what `writeText` doesn't return. */
	readText(spelled: string): string;
};

/** Without a limit, an array indexed by users' numbers, such as `votes[id] = true`, would become gigabytes of nothing. */
const maxHoles = 1000;

/** The time to read or write a BigInt grows faster than its digits: a million take half a second. */
const maxDigits = 10_000;

const longest = 10n ** BigInt(maxDigits) - 1n;

const isTooLong = (value: bigint): boolean => value > longest || value < -longest;

/** The farthest that a date can be from the epoch, in milliseconds. */
const maxTime = 8.64e15;

const specialNumbers = new Map<unknown, number>(
	['-0', 'NaN', 'Infinity', '-Infinity'].map(name => [name, Number(name)]),
);

/** Copies a value and replaces everything that JSON lacks by tags. */
export const tag = (value: unknown, spelling: Spelling, place?: Place): unknown => {
	switch (typeof value) {
		case 'string':
			return spelling.writeText(value);
		case 'boolean':
			return value;
		case 'number':
			return isBareNumber(value) ? value : {$number: Object.is(value, -0) ? '-0' : String(value)};
		case 'bigint':
			if (isTooLong(value)) return refuse(place, `a BigInt of more than ${maxDigits} digits`);
			return {$bigint: String(value)};
		case 'undefined':
			return {$undefined: true};
		case 'object':
			return value && (tagAtom(value, spelling) ?? tagContainer(value, spelling, place));
		default:
			return refuse(place, `a ${typeof value}`);
	}
};

const tagAtom = (value: object, {writeBytes}: Spelling): unknown => {
	// Neither JSON nor a timestamp of MessagePack can hold the time of an invalid date.
	if (isDate(value) && isBuiltIn(value, Date)) return {$date: Number.isNaN(value.getTime()) ? null : value.getTime()};
	if (!isUint8Array(value)) return undefined;

	const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
	if (Object.getPrototypeOf(value) === Buffer.prototype) return {$buffer: writeBytes(bytes)};
	return isBuiltIn(value, Uint8Array) ? {$bytes: writeBytes(bytes)} : undefined;
};

const tagContainer = (value: object, spelling: Spelling, outer: Place | undefined): unknown => {
	const inside = (step: string | number): Place => ({container: value, step, outer});
	const tagInside = (item: unknown, step: string | number): unknown => tag(item, spelling, inside(step));
	enter(value, outer);

	if (isMap(value) && isBuiltIn(value, Map))
		return {$map: Array.from(value, (entry, index) => entry.map(part => tagInside(part, index)))};
	if (isSet(value) && isBuiltIn(value, Set)) return {$set: Array.from(value, tagInside)};

	const isList = isPlainArray(value);
	if (!isList && !isPlainObject(value)) return refuseInstance(outer, value);
	// `JSON.stringify` would call it, even if it isn't enumerable.
	if ('toJSON' in value && typeof value['toJSON'] === 'function') {
		return refuse(inside('toJSON'), 'a function', 'Store what it returns instead of the object');
	}
	if (isList) {
		refuseHoles(value, inside);
		return Array.from(value, tagInside);
	}

	const keys = Object.keys(value);
	const mark = isTag(keys) ? '$' : '';
	return Object.fromEntries(keys.map(key => [spelling.writeText(mark + key), tagInside(value[key], key)]));
};

const refuseHoles = (list: readonly unknown[], inside: (step: number) => Place): void => {
	let holes = 0;
	for (let index = 0; index < list.length; index++) {
		if (!(index in list)) holes++;
		if (holes > maxHoles) refuse(inside(index), `more than ${maxHoles} holes in its array`);
	}
};

/** Whether an object with these keys is a tag, or would look like one. */
const isTag = ([key, ...others]: readonly string[]): boolean => key?.startsWith('$') === true && others.length === 0;

/**
Turns the tags in a decoded value back into what they stand for.

@throws TypeError For what `tag()` doesn't write, and for more than 128 levels.
*/
export const untag = (value: unknown, spelling: Spelling, levels = maxDepth): unknown => {
	if (typeof value === 'string') return spelling.readText(value);
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return untagEach(value, spelling, below(levels));

	check(isPlainObject(value));
	const entries = Object.entries(value).map(([key, item]) => [spelling.readText(key), item] as const);
	const [[name, spelled] = ['', undefined]] = entries;
	const isTagged = isTag(entries.map(([key]) => key));
	if (isTagged && !name.startsWith('$$')) return readTag(name, spelled, spelling, levels);

	const inner = below(levels);
	// `fromEntries` defines properties instead of assigning them, so that a `__proto__` among the keys is data.
	return Object.fromEntries(
		entries.map(([key, item]) => [isTagged ? key.slice(1) : key, untag(item, spelling, inner)]),
	);
};

const untagEach = (list: unknown, spelling: Spelling, levels: number): unknown[] => {
	check(Array.isArray(list));
	return list.map(item => untag(item, spelling, levels));
};

const readTag = (name: string, spelled: unknown, spelling: Spelling, levels: number): unknown => {
	switch (name) {
		case '$undefined':
			check(spelled === true);
			return undefined;
		case '$number':
			check(specialNumbers.has(spelled));
			return specialNumbers.get(spelled);
		case '$bigint':
			return readBigInt(spelled);
		case '$date':
			check(spelled === null || (typeof spelled === 'number' && Math.abs(spelled) <= maxTime));
			return new Date(spelled ?? Number.NaN);
		case '$bytes':
			return new Uint8Array(spelling.readBytes(spelled));
		case '$buffer':
			return spelling.readBytes(spelled);
		case '$set':
			return new Set(untagEach(spelled, spelling, below(levels)));
		case '$map':
			check(Array.isArray(spelled));
			return new Map(spelled.map(entry => readEntry(entry, spelling, below(levels))));
		default:
			throw new TypeError('Expected a known tag');
	}
};

const readBigInt = (spelled: unknown): bigint => {
	// The length first, with room for a sign: what follows takes its time.
	check(typeof spelled === 'string' && spelled.length <= maxDigits + 1 && /^(0|-?[1-9]\d*)$/.test(spelled));
	const value = BigInt(spelled);
	check(!isTooLong(value));
	return value;
};

const readEntry = (spelled: unknown, spelling: Spelling, levels: number): [unknown, unknown] => {
	check(Array.isArray(spelled) && spelled.length === 2);
	return [untag(spelled[0], spelling, levels), untag(spelled[1], spelling, levels)];
};

const below = (levels: number): number => {
	check(levels > 0);
	return levels - 1;
};

/** @throws TypeError If bytes aren't as a codec writes them. Its message is never shown: each codec has its own. */
export const check: (isRight: boolean) => asserts isRight = isRight => {
	if (!isRight) throw new TypeError('Expected bytes as the codec writes them');
};
