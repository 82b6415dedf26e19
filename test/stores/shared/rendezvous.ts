import test from 'ava';
import fc from 'fast-check';
import {choose} from '../../../source/stores/shared/rendezvous.ts';

const serversOf = (names: readonly string[]): ReadonlyMap<string, string> => new Map(names.map(name => [name, name]));

const names = fc.uniqueArray(fc.string({minLength: 1}), {minLength: 2, maxLength: 6});

const keys = Array.from({length: 3000}, (_, index) => `session:${index}`);

test('the choice is the same in whatever order servers are named', t => {
	fc.assert(
		fc.property(names, fc.string(), (names, key) => {
			t.is(choose(key, serversOf(names)), choose(key, serversOf(names.toReversed())));
		}),
	);
});

test('without one server only its own keys move', t => {
	fc.assert(
		fc.property(names, fc.string(), fc.nat(), (names, key, index) => {
			const chosen = choose(key, serversOf(names));
			const gone = names[index % names.length];
			const moved = choose(key, serversOf(names.filter(name => name !== gone)));
			t.true(chosen === gone ? moved !== gone : moved === chosen);
		}),
	);
});

test('servers get like shares', t => {
	const servers = serversOf(['127.0.0.1:11211', '127.0.0.1:11212', '127.0.0.1:11213']);
	const shares = Map.groupBy(keys, key => choose(key, servers));
	t.is(shares.size, 3);
	for (const [name, {length}] of shares) t.true(length > 850 && length < 1150, `${name} has ${length} of 3000`);
});
