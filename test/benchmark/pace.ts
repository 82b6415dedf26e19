import test from 'ava';
import {takeTurns, waitFor} from '../../benchmark/measure.ts';
import {Pace} from '../../benchmark/pace.ts';

/** A machine whose work takes the given times, one after the other, and then always the last. */
const machine = (...times: number[]) => {
	const waits: number[] = [];
	const work = () => (times.length > 1 ? times.shift() : times[0]) ?? 0;
	return {work, waits, wait: async (milliseconds: number) => waits.push(milliseconds)};
};

test('a machine is slow if it was faster by more than a quarter before', t => {
	const {work} = machine(100, 125, 126, 80, 125, 100);
	const pace = new Pace(60_000, work);
	t.deepEqual(
		Array.from({length: 6}, () => pace.isFast()),
		[true, true, false, true, false, true],
	);
});

test('it waits until the machine is fast again', async t => {
	const {work, wait, waits} = machine(100, 200, 200, 110);
	const pace = new Pace(60_000, work, wait);
	await pace.whenFast();
	t.deepEqual(waits, []);
	await pace.whenFast();
	t.deepEqual(waits, [5000, 5000]);
	t.false(pace.isImpatient);
});

test('it waits no longer than its patience, and then every pace will do', async t => {
	const {work, wait, waits} = machine(100, 200);
	const pace = new Pace(20_000, work, wait);
	await pace.whenFast();
	await pace.whenFast();
	t.is(waits.length, 4);
	t.true(pace.isImpatient);
	t.true(pace.isFast());
});

test.serial('a round that ends in a slow minute is repeated', async t => {
	// Before and after each round: the second round ends slowly, and so does the wait after it.
	const {work, wait, waits} = machine(100, 100, 100, 200, 200, 100, 100);
	waitFor(new Pace(60_000, work, wait));
	t.teardown(() => waitFor(new Pace(0)));
	let measured = 0;
	const figures = await takeTurns({only: async () => ++measured}, 2);
	t.deepEqual(figures, {only: [3, 4]});
	t.is(waits.length, 1);
});
