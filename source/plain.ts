/**
An object literal or one without a prototype, of any realm. Not an instance of a class.

A prototype that has neither a prototype nor members counts as none: `cookie`, for example, makes such objects to be fast.
*/
export const isPlainObject = (value: unknown): value is Record<string, unknown> => {
	if (typeof value !== 'object' || value === null) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return (
		prototype === Object.prototype ||
		(prototype === null ? !isRawJson?.(value) : isRoot(prototype) || isEmpty(prototype))
	);
};

/** Since Node 21, `JSON.rawJSON()` makes an object that `JSON.stringify()` writes as it says, such as a number of any length. */
const {isRawJSON: isRawJson} = JSON as {isRawJSON?: (value: unknown) => boolean};

/** An array of any realm. Not an instance of a subclass. */
export const isPlainArray = (value: unknown): value is readonly unknown[] =>
	Array.isArray(value) && isBuiltIn(value, Array);

/** Whether the class of an instance is a built-in one, of any realm, and not a subclass, which is farther from the root. */
export const isBuiltIn = (value: object, type: {readonly prototype: object}): boolean => {
	let prototype: unknown = Object.getPrototypeOf(value);
	if (prototype === type.prototype) return true;

	for (let ours = type.prototype; ours !== Object.prototype && prototype !== null; ours = Object.getPrototypeOf(ours))
		prototype = Object.getPrototypeOf(prototype);
	return isRoot(prototype);
};

/** Whether a prototype is some realm's `Object.prototype`. */
const isRoot = (prototype: unknown): boolean =>
	typeof prototype === 'object' &&
	prototype !== null &&
	Object.getPrototypeOf(prototype) === null &&
	Object.hasOwn(prototype, 'isPrototypeOf');

const isEmpty = (prototype: unknown): boolean =>
	typeof prototype === 'object' &&
	prototype !== null &&
	Object.getPrototypeOf(prototype) === null &&
	Reflect.ownKeys(prototype).length === 0;

/** Names the class of an instance, for messages. */
export const describeInstance = (value: object): string => {
	const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
	return `an instance of ${typeof name === 'string' && name ? `\`${name}\`` : 'a class'}`;
};
