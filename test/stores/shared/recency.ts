import test from 'ava';
import {Recency} from '../../../source/stores/shared/recency.ts';

const filled = (keys: string): Recency<number> => {
	const recency = new Recency<number>();
	for (const key of keys) recency.add(key, 0);
	return recency;
};

const get = (recency: Recency<number>, key: string) =>
	recency.get(key) ?? {key, value: 0, older: undefined, newer: undefined};

const walk = (recency: Recency<number>, steps: number): string =>
	Array.from({length: steps}, () => recency.walk()?.key ?? '-').join('');

test('a walk goes round, from the least recently used one on', t => {
	t.is(walk(filled('abc'), 7), 'abcabca');
	t.is(walk(filled(''), 2), '--');
});

test('a walk goes on after what is removed while it stands there', t => {
	const recency = filled('abcd');
	t.is(walk(recency, 1), 'a');
	recency.remove(get(recency, 'b'));
	t.is(walk(recency, 4), 'cdac');

	for (const key of 'dac') recency.remove(get(recency, key));
	t.is(walk(recency, 1), '-');
	recency.add('e', 0);
	t.is(walk(recency, 2), 'ee');
});

test('a walk goes on where it stood when what comes next is used, and comes to that at last', t => {
	const recency = filled('abcd');
	t.is(walk(recency, 1), 'a');
	recency.use(get(recency, 'b'));
	t.is(walk(recency, 4), 'cdba');
});

test('the oldest is the least recently used one', t => {
	const recency = filled('abc');
	t.is(recency.oldest?.key, 'a');
	recency.use(get(recency, 'a'));
	t.is(recency.oldest?.key, 'b');
	recency.remove(get(recency, 'b'));
	t.is(recency.oldest?.key, 'c');
	t.is(recency.size, 2);
});
