import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import type {CodecCase} from './codec-case.ts';
import {decode, encode} from './codec-fixtures.ts';
import {sessionFixtures} from './session-fixtures.ts';

/** A value with its types, and the order of its keys, entries and items. */
const print = (value: unknown): string => inspect(value, {depth: 300, maxArrayLength: null, maxStringLength: null});

/** What goes in comes out. */
export const roundTripCases: readonly CodecCase[] = [
	...sessionFixtures.map(
		({name, session, expected = session}): CodecCase => ({
			title: `comes back as it was: ${name}`,
			run(codec) {
				const back = decode(codec, encode(codec, session));
				assert.deepStrictEqual(back, expected);
				assert.equal(print(back), print(expected), 'in the same order');
			},
		}),
	),
	{
		title: 'no decoded key reaches a prototype',
		run(codec) {
			const before = Reflect.ownKeys(Object.prototype);
			for (const {name, session} of sessionFixtures) {
				const {data} = decode(codec, encode(codec, session));
				assert.equal(Object.getPrototypeOf(data), Object.prototype, name);
				assert.equal(Object.hasOwn(data, 'polluted'), false, name);
				assert.equal(data['polluted'], undefined, name);
			}
			assert.deepStrictEqual(Reflect.ownKeys(Object.prototype), before);
		},
	},
];
