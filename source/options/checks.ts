import {elsewhere} from './elsewhere.ts';
import {suggestion} from './suggestion.ts';

/**
@param within What the names belong to, as `cookie.`.
@throws TypeError Naming the known one that comes nearest, if a name isn't known.
*/
export const checkNames = (options: object, known: readonly string[], within = ''): void => {
	const unknown = Object.keys(options).find(name => !known.includes(name));
	if (unknown === undefined) return;
	const remedy = elsewhere(unknown) ?? suggestion(unknown, known, within);
	throw new TypeError(`Unknown option \`${within}${unknown}\`. ${remedy}`);
};

/** @throws TypeError If the value is no object, or is a list. */
export const checkObject = (name: string, value: unknown, what: string): void => {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(name, what, value);
};

/** @throws TypeError If the value isn't one of those allowed. */
export const checkOneOf = <Value>(name: string, value: Value, allowed: readonly NoInfer<Value>[]): Value => {
	if (allowed.includes(value)) return value;
	const isText = allowed.some(each => typeof each === 'string');
	throw unexpected(name, allowed.map(quote).join(' or '), value, isText ? quote(value) : undefined);
};

/** @throws TypeError If the value is no function. */
export const checkFunction = <Value>(name: string, value: Value): Value => {
	if (typeof value !== 'function') throw unexpected(name, 'a function', value);
	return value;
};

/** @throws TypeError If the value is no text, or of another form. */
export const checkText = (name: string, value: unknown, form: RegExp, what: string): string => {
	if (typeof value !== 'string' || !form.test(value)) throw unexpected(name, what, value, quote(value));
	return value;
};

/** Makes the error for a value of the wrong kind. A text where none belongs may be a secret, so it isn't shown. */
export const unexpected = (name: string, what: string, value: unknown, shown = describe(value)): TypeError =>
	new TypeError(`Expected \`${name}\` to be ${what}, got ${shown} (${kindOf(value)})`);

/** Shows a value in a message, where a text is expected. */
export const quote = (value: unknown): string => (typeof value === 'string' ? `\`'${value}'\`` : describe(value));

/** The type of a value, where `null` has its own. */
export const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value);

const describe = (value: unknown): string => {
	if (typeof value === 'string') return 'a text';
	return typeof value === 'object' || typeof value === 'function' ? 'another value' : `\`${String(value)}\``;
};
