import {drawText} from '../../tokens/random.ts';

/** What stands for any end. It is later than any that fits into six bytes. */
const anyEnd = 2 ** 48 - 1;

const randomLength = 10;

/**
Draws the token of a file: ten random bytes, and six that say when the record must end which the file replaces, in
milliseconds since the epoch. So a process that completes a write knows that, as well as the one that began it.

@param replacedEnd `undefined`: whenever it ends.
*/
export const drawToken = (replacedEnd?: number): string =>
	drawText(randomLength, 'hex') + spell(replacedEnd === undefined ? anyEnd : fitting(replacedEnd));

/** Whether the file with this token may replace a record that ends then. */
export const mayReplace = (token: string, end: number): boolean => {
	const replacedEnd = token.slice(2 * randomLength);
	return replacedEnd === spell(anyEnd) || replacedEnd === spell(fitting(end));
};

const fitting = (end: number): number => Math.min(Math.max(Math.round(end), 0), anyEnd - 1);

const spell = (end: number): string => end.toString(16).padStart(12, '0');
