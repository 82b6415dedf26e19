import {styleText} from 'node:util';
import {type Comparison, isMet, type Limit, type Result} from '../results.ts';
import type {Spread} from '../statistics.ts';

type Row = Readonly<Record<string, string>>;

/** Prints a result as two tables: what was measured, and how this library compares. */
export const print = ({benchmark, title, question, unit, measurements, comparisons}: Result): void => {
	console.log(`\n${styleText('bold', `${benchmark}: ${title}`)}\n${question}`);
	printTable(
		measurements.map(({name, value, columns = {}}) => ({
			'': name,
			[unit]: short(value.median),
			'middle half': middleHalf(value),
			...Object.fromEntries(Object.entries(columns).map(([column, figure]) => [column, short(figure)])),
		})),
	);
	printTable(
		comparisons.map(comparison => ({
			'': `against ${comparison.against}`,
			ratio: valueText(comparison),
			'middle half': comparison.value ? middleHalf(comparison.value) : '',
			target: comparison.limit ? limitText(comparison.limit) : '',
			verdict: verdictOf(comparison),
		})),
	);
};

/** The median of a comparison, with its unit. */
export const valueText = ({value, unit}: Comparison): string =>
	value ? `${short(value.median)}${unit ? ` ${unit}` : ''}` : 'spreads too much';

export const middleHalf = ({low, high}: Spread): string => `${short(low)} to ${short(high)}`;

/** For example `≤ 1.15`. */
export const limitText = (limit: Limit): string => ('atMost' in limit ? `≤ ${limit.atMost}` : `≥ ${limit.atLeast}`);

/** Whether the target was met, in a word; empty without a target. */
export const verdictOf = (comparison: Comparison): string => {
	const met = isMet(comparison);
	if (met === undefined) return '';
	return met ? 'met' : 'missed';
};

/** A number with three digits, or more if it is whole. */
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

/** Shows on a terminal which round of a case is running, in a line that the next one replaces. */
export const progressOf =
	(title: string, rounds: number) =>
	(round: number): void =>
		showProgress(`${title}: round ${round} of ${rounds}`);

export const showProgress = (line: string): void => {
	if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${line}`);
};
