import test from 'ava';
import {type Comparison, isMet} from '../../benchmark/results.ts';
import {quantile, ratioOf, slopeOf, spreadOf} from '../../benchmark/statistics.ts';

test('a quantile is a value or lies between two of them, whatever their order', t => {
	const values = [5, 1, 4, 2, 3];
	t.deepEqual(
		[0, 0.25, 0.5, 0.75, 0.875, 1].map(part => quantile(values, part)),
		[1, 2, 3, 4, 4.5, 5],
	);
	t.deepEqual(values, [5, 1, 4, 2, 3]);
	t.is(quantile([4, 1, 2, 3], 0.5), 2.5, 'the median of an even number is in the middle');
	t.is(quantile([7], 0.25), 7);
	t.is(quantile([], 0.5), Number.NaN);
});

test('a spread holds the middle half', t => {
	t.deepEqual(spreadOf([1, 2, 3, 4, 5, 6, 7, 8]), {median: 4.5, low: 2.75, high: 6.25});
});

test('ratios are taken pair by pair, so that a slow machine slows both', t => {
	t.deepEqual(ratioOf([10, 200, 30], [20, 400, 60]), {median: 0.5, low: 0.5, high: 0.5});
});

test('ratios that spread too widely mean nothing', t => {
	t.is(ratioOf([1, 2, 3, 4], [1, 1, 1, 1])?.median, 2.5);
	t.is(ratioOf([1, 2, 3, 18], [10, 2, 2, 2]), undefined);
	t.is(ratioOf([1, 2], [1]), undefined, 'nor does a figure without its pair');
});

test('the slope shows how values grow, and noise has none', t => {
	t.is(slopeOf([3, 5, 7, 9]), 2);
	t.is(slopeOf([4, 4, 4]), 0);
	t.is(slopeOf([1, -1, -1, 1]), 0);
	t.is(slopeOf([10, 8, 6]), -2);
});

test('a target is met up to its limit, and undecided without a value or a limit', t => {
	const value = {median: 1.05, low: 1, high: 1.1};
	const comparison = (rest: Partial<Comparison>): Comparison => ({against: 'Koa', value, ...rest});
	t.true(isMet(comparison({limit: {atMost: 1.05}})));
	t.false(isMet(comparison({limit: {atMost: 1.04}})));
	t.true(isMet(comparison({limit: {atLeast: 0.95}})));
	t.false(isMet(comparison({limit: {atLeast: 1.06}})));
	t.is(isMet(comparison({})), undefined);
	t.is(isMet(comparison({value: undefined, limit: {atMost: 2}})), undefined);
});
