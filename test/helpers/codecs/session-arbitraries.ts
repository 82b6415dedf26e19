import fc from 'fast-check';

const hostileKeys = [
	'__proto__',
	'constructor',
	'prototype',
	'toJSON',
	'save',
	'_x',
	'',
	'$',
	'$date',
	'$$date',
	'a b',
	'0',
];

/** Names that applications choose, and those that attackers would. */
export const anyKey = fc.oneof(fc.constantFrom('a', 'b', 'cart', 'user'), fc.constantFrom(...hostileKeys), fc.string());

/** Any UTF-16, halves of surrogate pairs included. */
const anyText = fc
	.array(fc.integer({min: 0, max: 0xff_ff}), {maxLength: 8})
	.map(units => String.fromCharCode(...units));

/** An object literal with these entries. `__proto__` may be one of them, as data. */
export const objectOf = <Value>(value: fc.Arbitrary<Value>, key = anyKey): fc.Arbitrary<Record<string, Value>> =>
	fc
		.uniqueArray(fc.tuple(key, value), {maxLength: 5, selector: ([name]) => name})
		.map(entries => Object.fromEntries(entries));

/** What JSON itself keeps. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec(tie => ({
	value: fc.oneof(
		{maxDepth: 4},
		fc.oneof(
			fc.string(),
			anyText,
			fc.boolean(),
			fc.constant(null),
			fc.double({noNaN: true, noDefaultInfinity: true}).map(number => number + 0),
		),
		fc.array(tie('value'), {maxLength: 4}),
		objectOf(tie('value')),
	),
})).value;

/** Every type that a session may hold. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec(tie => ({
	value: fc.oneof(
		{maxDepth: 4},
		fc.oneof(
			fc.string(),
			anyText,
			fc.boolean(),
			fc.constantFrom(null, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
			fc.double(),
			fc.bigInt(),
			fc.date(),
			fc.uint8Array({maxLength: 8}),
			fc.uint8Array({maxLength: 8}).map(bytes => Buffer.from(bytes)),
		),
		fc.array(tie('value'), {maxLength: 4}),
		fc.array(fc.tuple(tie('value'), tie('value')), {maxLength: 4}).map(entries => new Map(entries)),
		fc.array(tie('value'), {maxLength: 4}).map(items => new Set(items)),
		objectOf(tie('value')),
	),
})).value;

/** A session's data of every type. */
export const anyData = objectOf(anyValue);

/** Data with few different keys, so that two of them often share one. */
export const relatedData = objectOf(anyValue, fc.constantFrom('a', 'b', 'c', '__proto__'));
