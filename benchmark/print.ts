import {styleText} from 'node:util';
import {isKept, type Result, written} from './result.ts';
import type {Spread} from './spread.ts';

/** Prints a result as two tables: what was measured, and how we stand to it. */
export const print = ({benchmark, title, question, unit, measurements, comparisons}: Result): void => {
	console.log(`\n${styleText('bold', `${benchmark}: ${title}`)}\n${question}`);
	console.table(
		Object.fromEntries(
			measurements.map(({name, value, beside}) => [
				name,
				{
					[unit]: short(value.median),
					'middle half': middleHalf(value),
					...Object.fromEntries(Object.entries(beside ?? {}).map(([column, figure]) => [column, short(figure)])),
				},
			]),
		),
	);
	if (comparisons.length === 0) return;
	console.table(
		Object.fromEntries(
			comparisons.map(comparison => [
				`against ${comparison.against}`,
				{
					[comparison.unit ?? 'ratio']: comparison.value ? short(comparison.value.median) : 'spreads too much',
					'middle half': comparison.value ? middleHalf(comparison.value) : '',
					target: comparison.limit ? written(comparison.limit) : '',
					'': verdicts.get(isKept(comparison)) ?? '',
				},
			]),
		),
	);
};

const verdicts = new Map<boolean | undefined, string>([
	[true, 'kept'],
	[false, 'missed'],
]);

const middleHalf = ({low, high}: Spread): string => `${short(low)} to ${short(high)}`;

/** Three digits, or whole. */
export const short = (value: number): string =>
	Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-GB') : Number(value.toPrecision(3)).toString();
