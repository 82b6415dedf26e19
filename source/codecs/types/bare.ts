import {isPlainArray, isPlainObject} from '../../plain.ts';

/** Whether JSON has this number, and every other format. */
export const isBareNumber = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);

/**
Whether a container holds only what JSON has, in at most `levels` levels.

Every session that a request gives back is checked by it. Besides the format itself, this is nearly all that a codec costs.
*/
export const isBare = (container: object, levels: number): boolean => {
	if (levels === 0) return false;

	// `JSON.stringify` would call it, even if it is inherited or not enumerable.
	if (typeof (container as {toJSON?: unknown}).toJSON === 'function') return false;

	if (Array.isArray(container)) {
		if (!isPlainArray(container)) return false;
		for (const item of container) if (!isBareItem(item, levels - 1)) return false;
		return true;
	}

	if (!isPlainObject(container)) return false;
	// By far the fastest way. It includes properties that every object inherits: one of those can only refuse too much.
	for (const key in container) if (!isBareItem(container[key], levels - 1)) return false;
	return true;
};

const isBareItem = (item: unknown, levels: number): boolean => {
	switch (typeof item) {
		case 'string':
		case 'boolean':
			return true;
		case 'number':
			return isBareNumber(item);
		case 'object':
			return item === null || isBare(item, levels);
		default:
			return false;
	}
};

/** Whether an object or an array that `JSON.parse` made has at most `levels` levels. */
export const isShallow = (parsed: object, levels: number): boolean => {
	if (levels === 0) return false;
	if (Array.isArray(parsed)) {
		for (const item of parsed) if (isContainer(item) && !isShallow(item, levels - 1)) return false;
		return true;
	}

	for (const key in parsed) {
		const item = (parsed as Record<string, unknown>)[key];
		// What every object inherits would have as many levels as there are.
		if (isContainer(item) && Object.hasOwn(parsed, key) && !isShallow(item, levels - 1)) return false;
	}
	return true;
};

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
