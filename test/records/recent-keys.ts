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
