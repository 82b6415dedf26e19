import {check} from '../types/untag.ts';

/** Whether msgpackr gives a text back: it replaces halves of surrogate pairs, and makes another key of `__proto__`. */
const isKept = (text: string): boolean => text !== '__proto__' && text.isWellFormed();

/** What a text has in it whenever it isn't kept: U+FFFD, or the half itself, which UTF-8 has no place for. */
const signs = [0xef, 0xed, '__proto__'] as const;

/**
Whether msgpackr gives all texts of bare data back, keys included.

Looks at each only if `packed`, which it made of the data, has a sign of trouble: it seldom does, and Node finds a byte
faster than any code finds a text.
*/
export const areTextsKept = (data: unknown, packed: Buffer): boolean =>
	!signs.some(sign => packed.includes(sign)) || isEachKept(data);

const isEachKept = (data: unknown): boolean => {
	if (typeof data === 'string') return isKept(data);
	return typeof data !== 'object' || data === null || Object.entries(data).flat().every(isEachKept);
};

/** What marks a text that is spelled as JSON, which has escapes. */
const mark = '\\';

export const writeText = (text: string): string =>
	isKept(text) && !text.startsWith(mark) ? text : `${mark}${JSON.stringify(text)}`;

/** @throws TypeError For what `writeText()` doesn't give. */
export const readText = (spelled: string): string => {
	if (!spelled.startsWith(mark)) return spelled;
	const text: unknown = JSON.parse(spelled.slice(mark.length));
	check(typeof text === 'string');
	return text;
};
