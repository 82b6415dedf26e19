import {isDate, isMap, isSet, isUint8Array} from 'node:util/types';
import {isBuiltIn, isPlainArray, isPlainObject} from '../../plain.ts';
import {isBareNumber} from './bare.ts';
import {describeInstance, enter, type Place, refuse} from './place.ts';
import type {Spelling} from './spelling.ts';

/** An array filled by users' numbers, as `votes[id] = true`, would otherwise become gigabytes of nothing. */
const maxHoles = 1000;

/** Copies a value, with all that JSON lacks spelled as tags. */
export const tag = (value: unknown, spelling: Spelling, place?: Place): unknown => {
	switch (typeof value) {
		case 'string':
			return spelling.writeText(value);
		case 'boolean':
			return value;
		case 'number':
			return isBareNumber(value) ? value : {$number: Object.is(value, -0) ? '-0' : String(value)};
		case 'bigint':
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
	// Neither JSON nor a timestamp of MessagePack has the time of an invalid date.
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
	if (!isList && !isPlainObject(value)) return refuse(outer, describeInstance(value));
	// It needn't be enumerable for `JSON.stringify` to call it.
	if ('toJSON' in value && typeof value['toJSON'] === 'function') return refuse(inside('toJSON'), 'a function');
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
export const isTag = ([key, ...others]: readonly string[]): boolean =>
	key?.startsWith('$') === true && others.length === 0;
