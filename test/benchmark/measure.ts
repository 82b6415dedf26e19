import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import {longestBlock} from '../../benchmark/measure.ts';

const work = (milliseconds: number): void => {
	for (const end = performance.now() + milliseconds; performance.now() < end; );
};

test('the longest block is between two turns, not the sum of all', async t => {
	const {clock} = await longestBlock(async () => {
		work(40);
		await setImmediate();
		work(20);
	});
	t.true(clock >= 40);
});

test('work that yields often blocks little', async t => {
	const {atWork} = await longestBlock(async () => {
		for (let step = 0; step < 100; step++) {
			work(1);
			await setImmediate();
		}
	});
	t.true(atWork < 60, `${atWork}`);
});
