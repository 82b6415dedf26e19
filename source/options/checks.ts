import {isAsyncFunction} from 'node:util/types';

/** @throws TypeError If the value is not an object, or is a list or a promise. */
export const checkObject = (name: string, value: unknown, what: string): void => {
	if (typeof value !== 'object' || value === null || Array.isArray(value) || isPromise(value)) {
		throw unexpected(name, what, value);
	}
};

/** @throws TypeError If the value is not one of those allowed. */
export const checkOneOf = <Value>(name: string, value: Value, allowed: readonly NoInfer<Value>[]): Value => {
	if (allowed.includes(value)) return value;
	const isString = allowed.some(each => typeof each === 'string');
	throw unexpected(name, allowed.map(literal).join(' or '), value, isString ? quote(value) : undefined);
};

/** @throws TypeError If the value is not a function. */
export const checkFunction = <Value>(name: string, value: Value): Value => {
	if (typeof value !== 'function') throw unexpected(name, 'a function', value);
	return value;
};

/**
Checks a function whose result is used immediately. An async one would return a promise, which is always truthy.

@throws TypeError If the value is not a function, or is an async one.
*/
export const checkSyncFunction = <Value>(name: string, value: Value): Value => {
	if (isAsyncFunction(checkFunction(name, value))) throw unexpected(name, 'a function that is not async', value);
	return value;
};

/** @throws TypeError If the value is not a string, or has another form. */
export const checkText = (name: string, value: unknown, form: RegExp, what: string): string => {
	if (typeof value !== 'string' || !form.test(value)) throw unexpected(name, what, value, quote(value));
	return value;
};

/**
@throws TypeError If the value is not a number.
@throws RangeError If it is not an integer, or is out of range.
*/
export const checkInteger = (name: string, value: unknown, {least, most, what}: IntegerRange): number => {
	if (typeof value !== 'number') throw unexpected(name, what, value, quote(value));
	if (!Number.isInteger(value) || value < least || value > most) throw outOfRange(name, what, value);
	return value;
};

/** The integers that an option allows, and how messages describe them. */
export type IntegerRange = {readonly least: number; readonly most: number; readonly what: string};

/** Whether a value is a promise, of this or any other library. */
export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
	typeof (value as {readonly then?: unknown} | null | undefined)?.then === 'function';

/** Makes the error for a value of the wrong kind. A string in the wrong place may be a secret, so it isn't shown. */
export const unexpected = (name: string, what: string, value: unknown, shown = describe(value)): TypeError =>
	new TypeError(sentence(name, what, shown));

/** Makes the error for a value of the right kind that is out of range. */
export const outOfRange = (name: string, what: string, value: unknown): RangeError =>
	new RangeError(sentence(name, what, quote(value)));

const sentence = (name: string, what: string, shown: string): string =>
	`Expected \`${name}\` to be ${what}, got ${shown}`;

/** Shows a value in a message. Only for options that expect a string, which is no secret there. */
export const quote = (value: unknown): string => (typeof value === 'string' ? literal(value) : describe(value));

const literal = (value: unknown): string => (typeof value === 'string' ? `\`'${value}'\`` : `\`${String(value)}\``);

/** Shows a value in a message, or only what kind of value it is where it may be a secret. */
export const describe = (value: unknown): string => {
	if (value === undefined || value === null) return literal(value);
	if (typeof value === 'string') return 'a string';
	if (typeof value === 'function') return isAsyncFunction(value) ? 'an async function' : 'a function';
	if (isPromise(value)) return 'a promise';
	if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
	return `${literal(value)} (${typeof value})`;
};
