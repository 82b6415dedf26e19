/**
Makes a text safe for a terminal: control characters, and those that change the direction of writing, are escaped as in JSON.

Line breaks stay. JSON keeps its meaning, since it has such characters only within strings.
*/
export const printable = (text: string): string =>
	text.replaceAll(/(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, spell);

/** Quotes a text on one line. */
export const quote = (text: string): string => printable(JSON.stringify(text));

const spell = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A number with its unit, such as `1 session` and `2,000 sessions`. */
export const count = (number: number, unit: string): string =>
	`${number.toLocaleString('en')} ${unit}${number === 1 ? '' : 's'}`;

const units = [
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
	['second', 1000],
] as const;

/** A duration in its largest unit, rounded down. */
export const duration = (milliseconds: number): string => {
	const [unit, length] = units.find(([, length]) => milliseconds >= length) ?? units[3];
	return count(Math.floor(milliseconds / length), unit);
};

/** Rows of names and values, in two columns. */
export const rows = (entries: readonly (readonly [name: string, value: string])[], indent = ''): string => {
	const width = Math.max(...entries.map(([name]) => name.length)) + 2;
	return entries.map(([name, value]) => `${indent}${name.padEnd(width)}${value}`).join('\n');
};
