import assert from 'node:assert/strict';
import {open} from '../../codec.ts';
import type {CodecCase, Envelope} from './codec-case.ts';
import {change, context, encode, envelope} from './codec-fixtures.ts';
import {smallFixtures} from './session-fixtures.ts';

/** Pairs that a careless encoding can't tell apart. */
const lookalikes: readonly (readonly [unknown, unknown])[] = [
	[new Date(0), '1970-01-01T00:00:00.000Z'],
	[new Date(0), 0],
	[new Map([['a', 1]]), {a: 1}],
	[new Set([1]), [1]],
	[1n, 1],
	[1n, '1'],
	[-0, 0],
	[Number.NaN, null],
	[undefined, null],
	[Buffer.from([1]), new Uint8Array([1])],
	[new Uint8Array([1]), [1]],
	['\uD83C', '\uFFFD'],
	[`${'pear '.repeat(100)}\uD83C`, `${'pear '.repeat(100)}\uFFFD`],
	[undefined, {}],
];

/**
What a field beside the data is by turns, while everything else stays as it is. `undefined`: it is absent.

The library never changes `createdAt` under the same key, but nothing says so to a codec.
*/
const besideData: Readonly<Record<Exclude<keyof Envelope, 'data'> | 'later', readonly unknown[]>> = {
	createdAt: [0, 1],
	permanent: [true, false, true],
	subject: [undefined, 'ann', 'bob', undefined],
	idleTimeout: [undefined, 1000, 2000, undefined],
	absoluteTimeout: [undefined, 1000, null, undefined],
	seenAt: [undefined, 1_767_225_600_001, 1_767_225_600_002, undefined],
	binding: [undefined, {key: 'x'}, {key: 'x', since: 1_767_225_600_001}, undefined],
	flashes: [undefined, {a: ['info', 'Saved']}, {a: ['info', 'Saved'], b: ['info', 'Sent']}, undefined],
	later: [undefined, {than: 'this'}, {than: 'that'}, undefined],
};

const having = (name: string, value: unknown): Envelope =>
	value === undefined ? envelope({views: 1}) : {...envelope({views: 1}), [name]: value};

/** The bytes show what a request did to its session, and nothing else. */
export const changeCases: readonly CodecCase[] = [
	{
		title: 'nothing stored yields nothing, and keeps nothing unless given a session',
		run(codec) {
			const passage = open(codec, undefined, context);
			assert.equal(passage.session, undefined);
			assert.equal(passage.close(undefined), undefined);
		},
	},
	{
		title: 'an unchanged session gives the very bytes that came in',
		run(codec) {
			for (const {name, session} of smallFixtures) {
				const stored = encode(codec, session);
				const passage = open(codec, stored, context);
				assert.equal(passage.close(passage.session), stored, name);
			}
		},
	},
	{
		title: 'a change deep inside is seen',
		run(codec) {
			const session = envelope({user: {carts: [{items: new Map([['pear', {count: 1}]])}]}, at: new Date(1)});
			const changed = change(codec, session, read => {
				const user = read.data['user'] as {carts: {items: Map<string, {count: number}>}[]};
				user.carts[0]?.items.set('pear', {count: 2});
				return read;
			});
			const expected = envelope({user: {carts: [{items: new Map([['pear', {count: 2}]])}]}, at: new Date(1)});
			assert.deepStrictEqual(changed, expected);
		},
	},
	{
		title: 'a deletion is seen',
		run(codec) {
			const changed = change(codec, envelope({views: 1, user: {name: 'Ann', admin: true}}), read => {
				delete read.data['views'];
				delete (read.data['user'] as {admin?: boolean}).admin;
				return read;
			});
			assert.deepStrictEqual(changed, envelope({user: {name: 'Ann'}}));
		},
	},
	{
		title: 'a change of type alone is seen',
		run(codec) {
			for (const pair of lookalikes)
				for (const [from, to] of [pair, pair.toReversed()]) {
					const changed = change(codec, envelope({value: from}), () => envelope({value: to}));
					assert.deepStrictEqual(changed, envelope({value: to}));
				}
		},
	},
	...Object.entries(besideData).map(
		([name, values]): CodecCase => ({
			title: `a change beside the data is seen: ${name}`,
			run(codec) {
				for (const [index, value] of values.slice(1).entries()) {
					const expected = having(name, value);
					const changed = change(codec, having(name, values[index]), ({data}) => ({...expected, data}));
					assert.deepStrictEqual(changed, expected);
				}
			},
		}),
	),
	{
		title: 'a session is left as it was by being stored, so that a request can go on with it',
		run(codec) {
			const make = () =>
				envelope({b: 1, a: {at: new Date(1), map: new Map([[1, {$date: 1}]])}, bytes: Buffer.from('a')});
			const session = make();
			encode(codec, session);
			assert.deepStrictEqual(session, make());
			assert.deepEqual(Object.keys(session.data), ['b', 'a', 'bytes']);
		},
	},
	{
		title: 'a stored session given up keeps nothing',
		run(codec) {
			const passage = open(codec, encode(codec, envelope({views: 1})), context);
			assert.equal(passage.close(undefined), undefined);
		},
	},
];
