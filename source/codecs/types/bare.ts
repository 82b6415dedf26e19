import {isPlainArray, isPlainObject} from '../../plain.ts';

/** Whether every format has a number. */
export const isBareNumber = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);

/**
Whether a container holds nothing but what JSON has, in no more levels than `depth`.

Runs over every session that a request gives back: nearly all that a session costs beside its format itself.
*/
export const isBare = (container: object, depth: number): boolean => {
	const isList = isPlainArray(container);
	if (depth === 0 || !(isList || isPlainObject(container))) return false;

	// `JSON.stringify` would call it, even where it is inherited or not enumerable.
	if (typeof (container as {toJSON?: unknown}).toJSON === 'function') return false;

	if (isList) {
		for (const item of container) if (!isBareItem(item, depth - 1)) return false;
		return true;
	}

	// The fastest way by far. A property that every object inherits comes up too, and can only be one too many.
	for (const key in container) if (!isBareItem(container[key], depth - 1)) return false;
	return true;
};

const isBareItem = (item: unknown, depth: number): boolean => {
	switch (typeof item) {
		case 'string':
		case 'boolean':
			return true;
		case 'number':
			return isBareNumber(item);
		case 'object':
			return item === null || isBare(item, depth);
		default:
			return false;
	}
};
