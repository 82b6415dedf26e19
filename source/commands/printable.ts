/**
Makes a text safe for a terminal: what controls it, or turns the direction of writing, is spelled as in JSON.

Line breaks stay. JSON stays what it is, since no such character stands outside of its texts.
*/
export const printable = (text: string): string =>
	text.replaceAll(/(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, spell);

/** Quotes a text of one line. */
export const quote = (text: string): string => printable(JSON.stringify(text));

const spell = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A number with its unit, as `1 session` and `2,000 sessions`. */
export const count = (number: number, unit: string): string =>
	`${number.toLocaleString('en')} ${unit}${number === 1 ? '' : 's'}`;

const units = [
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
	['second', 1000],
] as const;

/** A duration in its largest unit. */
export const duration = (milliseconds: number): string => {
	const [unit, length] = units.find(([, length]) => milliseconds >= length) ?? units[3];
	return count(Math.floor(milliseconds / length), unit);
};

/** Rows of names and values, one below the other. */
export const rows = (entries: readonly (readonly [name: string, value: string])[], indent = ''): string => {
	const width = Math.max(...entries.map(([name]) => name.length)) + 2;
	return entries.map(([name, value]) => `${indent}${name.padEnd(width)}${value}`).join('\n');
};
