import {isDate, isMap, isSet, isUint8Array} from 'node:util/types';
import {isPlainObject} from '../plain.ts';

/**
Whether two values of a session have the same type and content.

`NaN` equals `NaN`, and `-0` doesn't equal `0`. The order of an object's keys doesn't count. That of a `Map` or `Set`
does, because it's stored.
An instance of another class is compared by its properties. If it has none, it equals only itself.
*/
export const equal = (a: unknown, b: unknown): boolean => {
	// Not `util.isDeepStrictEqual`: on Node 24 it throws for sets such as `{null, {}}` against `{{}, {a: 1}}`.
	if (Object.is(a, b)) return true;
	if (!isObject(a) || !isObject(b)) return false;
	if (isPlainObject(a) && isPlainObject(b)) return equalProperties(a, b);
	if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;

	if (Array.isArray(a) && Array.isArray(b)) return equalItems(a, b);
	if (isDate(a) && isDate(b)) return Object.is(a.getTime(), b.getTime());
	if (isUint8Array(a) && isUint8Array(b)) return Buffer.compare(a, b) === 0;
	if ((isMap(a) && isMap(b)) || (isSet(a) && isSet(b))) return a.size === b.size && equalItems([...a], [...b]);
	return Object.keys(a).length > 0 && equalProperties(a, b);
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const equalItems = (a: readonly unknown[], b: readonly unknown[]): boolean => {
	if (a.length !== b.length) return false;
	// Not `every`, which skips holes.
	for (const [index, item] of a.entries()) if (!equal(item, b[index])) return false;
	return true;
};

const equalProperties = (a: Record<string, unknown>, b: Record<string, unknown>): boolean => {
	const keys = Object.keys(a);
	return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && equal(a[key], b[key]));
};
