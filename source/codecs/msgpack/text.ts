import {check} from '../types/tags.ts';

/** Whether msgpackr returns a text as it was: it replaces halves of surrogate pairs, and renames the key `__proto__`. */
const isKept = (text: string): boolean => text !== '__proto__' && text.isWellFormed();

/** What the bytes of a text that isn't kept contain: the first byte of U+FFFD, or of the half, which UTF-8 doesn't allow. */
const signs = [0xef, 0xed, '__proto__'] as const;

/**
Whether msgpackr returns all texts of bare data as they were, keys included.

It looks at each only if `packed`, which is the data as msgpackr packed it, has a sign of trouble. It rarely has, and Node
finds a byte faster than any code finds a text.
*/
export const areTextsKept = (data: unknown, packed: Buffer): boolean =>
	!signs.some(sign => packed.includes(sign)) || isEachKept(data);

const isEachKept = (data: unknown): boolean => {
	if (typeof data === 'string') return isKept(data);
	return typeof data !== 'object' || data === null || Object.entries(data).flat().every(isEachKept);
};

/** Marks a text that is written as JSON, which has escapes. */
const mark = '\\';

export const writeText = (text: string): string =>
	isKept(text) && !text.startsWith(mark) ? text : `${mark}${JSON.stringify(text)}`;

/** @throws TypeError For what `writeText()` doesn't return. */
export const readText = (spelled: string): string => {
	if (!spelled.startsWith(mark)) return spelled;
	const text: unknown = JSON.parse(spelled.slice(mark.length));
	check(typeof text === 'string');
	return text;
};
