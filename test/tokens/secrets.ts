import test from 'ava';
import {perList} from '../../source/tokens/secrets.ts';

test('what is made of a list is made once, for as long as its members are the same', t => {
	const made: string[] = [];
	const find = perList(secrets => {
		made.push(secrets.join());
		return {secrets};
	});
	const list = ['b', 'a'];
	const first = find(list);
	t.is(find(list), first);
	t.is(find(['b', 'a']), first, 'another list of the same');

	list.unshift('c');
	t.not(find(list), first, 'changed in place');
	find(['a', 'b']);
	find(['a']);
	find([]);
	t.deepEqual(made, ['b,a', 'c,b,a', 'a,b', 'a', '']);
});

test('a list that nothing can be made of is refused each time, and spoils nothing', t => {
	const find = perList(secrets => {
		if (secrets.length === 0) throw new RangeError('empty');
		return {secrets};
	});
	const good = find(['a']);
	for (let times = 0; times < 2; times++) t.throws(() => find([]), {instanceOf: RangeError});
	t.is(find(['a']), good);
});
