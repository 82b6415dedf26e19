import assert from 'node:assert/strict';
import {isDeepStrictEqual} from 'node:util';
import {isMap, isSet} from 'node:util/types';
import type {CodecCase, Envelope} from './codec-case.ts';
import {decode, encode} from './codec-fixtures.ts';
import {largeFixtures, smallFixtures} from './session-fixtures.ts';

/** Checks the order of keys, entries and items, which `deepStrictEqual` overlooks, in two values that are equal. */
const assertSameOrder = (one: unknown, other: unknown): void => {
	if (typeof one !== 'object' || one === null || ArrayBuffer.isView(one)) return;
	const [parts, others] = [partsOf(one), partsOf(other as object)];
	for (const [index, part] of parts.entries()) {
		if (typeof part === 'object') assertSameOrder(part, others[index]);
		else assert.ok(Object.is(part, others[index]), 'in the same order');
	}
};

/** The order counts where a route sees it. That of the session's own properties is the codec's. */
const assertInOrder = (back: Envelope, expected: Envelope): void => {
	assertSameOrder(back.data, expected.data);
	assertSameOrder(back.flashes, expected.flashes);
};

const partsOf = (value: object): readonly unknown[] => {
	if (isMap(value)) return [...value].flat();
	return isSet(value) ? [...value] : [...Object.keys(value), ...Object.values(value)];
};

/** What goes in comes out. */
export const roundTripCases: readonly CodecCase[] = [
	...smallFixtures.map(
		({name, session, expected = session}): CodecCase => ({
			title: `comes back as it was: ${name}`,
			run(codec) {
				const back = decode(codec, encode(codec, session));
				assert.deepStrictEqual(back, expected);
				assertInOrder(back, expected);
			},
		}),
	),
	...largeFixtures.map(
		({name, session}): CodecCase => ({
			title: `comes back as it was: ${name}`,
			run(codec) {
				// To show the difference would take minutes.
				assert.ok(isDeepStrictEqual(decode(codec, encode(codec, session)), session), 'every value comes back');
			},
		}),
	),
	{
		title: 'no decoded key reaches a prototype',
		run(codec) {
			const before = Reflect.ownKeys(Object.prototype);
			for (const {name, session} of smallFixtures) {
				const {data} = decode(codec, encode(codec, session));
				assert.equal(Object.getPrototypeOf(data), Object.prototype, name);
				assert.equal(Object.hasOwn(data, 'polluted'), false, name);
				assert.equal(data['polluted'], undefined, name);
			}
			assert.deepStrictEqual(Reflect.ownKeys(Object.prototype), before);
		},
	},
];
