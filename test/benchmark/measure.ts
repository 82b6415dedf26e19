import {execFile} from 'node:child_process';
import {setImmediate} from 'node:timers/promises';
import {promisify} from 'node:util';
import test from 'ava';
import {longestBlock, takeTurns} from '../../benchmark/measure.ts';

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
	// In a process of its own: the CPU time of a process includes that of AVA's other threads.
	const module = new URL('../../benchmark/measure.ts', import.meta.url).href;
	const program = `
		import {setImmediate} from 'node:timers/promises';
		import {longestBlock} from '${module}';
		const work = ${work};
		const {atWork} = await longestBlock(async () => {
			for (let step = 0; step < 100; step++) {
				work(1);
				await setImmediate();
			}
		});
		console.log(atWork);`;
	const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
	t.true(Number(stdout) > 0 && Number(stdout) < 60, stdout);
});

test('contestants take turns, each round starts with another, and the first round does not count', async t => {
	const order: string[] = [];
	const contestant = (name: string) => async () => order.push(name);
	const figures = await takeTurns({a: contestant('a'), b: contestant('b'), c: contestant('c')}, 2);
	t.is(order.join(''), 'abcbcacab');
	t.deepEqual(figures, {a: [6, 8], b: [4, 9], c: [5, 7]});

	order.length = 0;
	await takeTurns({a: contestant('a'), b: contestant('b'), c: contestant('c')}, 1, () => undefined, 2);
	t.is(order.join(''), 'cababc', 'the next run goes on where the last one stopped');
});
