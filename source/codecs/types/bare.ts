import {isPlainArray, isPlainObject} from '../../plain.ts';

/** Whether JSON has this number, and every other format. */
export const isBareNumber = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);

/**
Whether a container holds only what JSON has, in at most `levels` levels.

Every session that a request gives back is checked by it. Besides the format itself, this is nearly all that a codec costs.
*/
export const isBare = (container: object, levels: number): boolean => {
	const isList = isPlainArray(container);
	if (levels === 0 || !(isList || isPlainObject(container))) return false;

	// `JSON.stringify` would call it, even if it is inherited or not enumerable.
	if (typeof (container as {toJSON?: unknown}).toJSON === 'function') return false;

	if (isList) {
		for (const item of container) if (!isBareItem(item, levels - 1)) return false;
		return true;
	}

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

/** Whether an object or an array that `JSON.parse` made has at most `levels` levels. Runs over every session that is read. */
export const isShallow = (parsed: object, levels: number): boolean =>
	looksShallow(parsed, levels) || isOwnShallow(parsed, levels);

/** The fastest way. It includes properties that every object inherits: if one is an object, it finds no end. */
const looksShallow = (parsed: object, levels: number): boolean => {
	if (levels === 0) return false;
	if (Array.isArray(parsed)) {
		for (const item of parsed) if (isContainer(item) && !looksShallow(item, levels - 1)) return false;
		return true;
	}

	for (const key in parsed) {
		const item = (parsed as Record<string, unknown>)[key];
		if (isContainer(item) && !looksShallow(item, levels - 1)) return false;
	}
	return true;
};

const isOwnShallow = (parsed: object, levels: number): boolean =>
	levels > 0 && Object.values(parsed).every(item => !isContainer(item) || isOwnShallow(item, levels - 1));

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
