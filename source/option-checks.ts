import {suggestion} from './suggestion.ts';

/** @throws TypeError Naming the known one that comes nearest, if the name isn't known. */
export const checkName = (what: string, name: string, known: readonly string[]): void => {
	if (!known.includes(name)) throw new TypeError(`Unknown ${what} \`${name}\`. ${suggestion(name, known)}`);
};

/** @throws TypeError If the value isn't one of those allowed. */
export const checkOneOf = <Value>(name: string, value: Value, allowed: readonly Value[]): Value => {
	if (!allowed.includes(value)) throw unexpected(name, allowed.map(show).join(' or '), value);
	return value;
};

/** @throws TypeError If the value is no function. */
export const checkFunction = <Value>(name: string, value: Value): Value => {
	if (typeof value !== 'function') throw unexpected(name, 'a function', value);
	return value;
};

/** @throws TypeError If the value is no text, or of another form. */
export const checkText = (name: string, value: unknown, form: RegExp, what: string): string => {
	if (typeof value !== 'string' || !form.test(value)) throw unexpected(name, what, value);
	return value;
};

/** Makes the error for a value of the wrong kind. */
export const unexpected = (name: string, what: string, value: unknown): TypeError =>
	new TypeError(`Expected \`${name}\` to be ${what}, got ${show(value)} (${value === null ? 'null' : typeof value})`);

const show = (value: unknown): string => {
	if (typeof value === 'string') return `\`'${value}'\``;
	return typeof value === 'object' || typeof value === 'function' ? 'another value' : `\`${String(value)}\``;
};
