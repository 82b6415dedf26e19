import test from 'ava';
import {RecentKeys} from '../../source/records/recent-keys.ts';

test('the latest ten thousand keys are remembered, and not without end', t => {
	const keys = new RecentKeys();
	for (let count = 0; count < 50_000; count++) {
		keys.add(`key ${count}`);
		if (count >= 9999 && count % 1000 === 0) t.true(keys.has(`key ${count - 9999}`));
	}

	t.false(keys.has('key 0'));
	keys.delete('key 49999');
	t.false(keys.has('key 49999'));
	keys.add('key 0');
	t.true(keys.has('key 0'));
});

test('a key keeps its largest number, however many others come in between', t => {
	const keys = new RecentKeys();
	for (const [value, largest] of [
		[5, 5],
		[3, 5],
		[7, 7],
	] as const) {
		keys.add('key', value);
		t.is(keys.get('key'), largest);
	}

	for (let count = 0; count < 10_000; count++) keys.add(`key ${count}`);
	keys.add('key', 6);
	t.is(keys.get('key'), 7);
});
