import {styleText} from 'node:util';
import {isKept, type Result, written} from './result.ts';
import type {Spread} from './spread.ts';

type Row = Readonly<Record<string, string>>;

/** Prints a result as two tables: what was measured, and how we stand to it. */
export const print = ({benchmark, title, question, unit, measurements, comparisons}: Result): void => {
	console.log(`\n${styleText('bold', `${benchmark}: ${title}`)}\n${question}`);
	printTable(
		measurements.map(({name, value, beside = {}}) => ({
			'': name,
			[unit]: short(value.median),
			'middle half': middleHalf(value),
			...Object.fromEntries(Object.entries(beside).map(([column, figure]) => [column, short(figure)])),
		})),
	);
	printTable(
		comparisons.map(comparison => ({
			'': `against ${comparison.against}`,
			ratio: toText(comparison.value, comparison.unit),
			'middle half': comparison.value ? middleHalf(comparison.value) : '',
			target: comparison.limit ? written(comparison.limit) : '',
			verdict: verdicts.get(isKept(comparison)) ?? '',
		})),
	);
};

const verdicts = new Map<boolean | undefined, string>([
	[true, 'kept'],
	[false, 'missed'],
]);

const toText = (value: Spread | undefined, unit: string | undefined): string =>
	value ? `${short(value.median)}${unit ? ` ${unit}` : ''}` : 'spreads too much';

const middleHalf = ({low, high}: Spread): string => `${short(low)} to ${short(high)}`;

/** Three digits, or whole. */
export const short = (value: number): string =>
	Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-GB') : Number(value.toPrecision(3)).toString();

const printTable = (rows: readonly Row[]): void => {
	const columns = Object.keys(rows[0] ?? {});
	const lines = [columns, ...rows.map(row => columns.map(column => row[column] ?? ''))];
	const widths = columns.map((_, place) => Math.max(...lines.map(cells => cells[place]?.length ?? 0)));
	for (const [index, cells] of lines.entries()) {
		const [first = '', ...others] = cells.map((cell, place) =>
			place === 0 ? cell.padEnd(widths[place] ?? 0) : cell.padStart(widths[place] ?? 0),
		);
		const line = `  ${[first, ...others].join('  ')}`;
		console.log(index === 0 ? styleText('dim', line) : line);
	}
};
