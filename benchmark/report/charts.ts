import {type Comparison, isKept, type Limit, type Measurement, written} from '../result.ts';
import type {Spread} from '../spread.ts';

/** A chart in the language of Vega-Lite. */
export type Chart = Readonly<Record<string, unknown>>;

const font = 'system-ui, sans-serif';

/** Colours are the page's, so that they follow light and dark. */
const config = {
	font,
	background: 'transparent',
	view: {stroke: null},
	axis: {
		labelColor: 'var(--ink)',
		titleColor: 'var(--quiet)',
		titleFontWeight: 'normal',
		gridColor: 'var(--line)',
		domain: false,
		ticks: false,
		labelFontSize: 13,
		titleFontSize: 12,
		labelLimit: 220,
		labelPadding: 6,
	},
	axisY: {grid: false},
	text: {font, fontSize: 12, fill: 'var(--ink)'},
};

/** Narrow enough for a phone, names included. */
const width = 190;
const rowHeight = 26;

const rows = (names: readonly string[]) => ({
	field: 'name',
	type: 'nominal',
	sort: names,
	axis: {title: null},
	scale: {paddingInner: 0.35},
});

/** What contestants needed: the least first, or the most. Lines show where half of the rounds lie. */
export const bars = (
	measurements: readonly Measurement[],
	unit: string,
	{isOurs, best, line}: {isOurs(name: string): boolean; best: 'least' | 'most'; line?: number | undefined},
): Chart => {
	const sorted = measurements.toSorted((left, right) => left.value.median - right.value.median);
	if (best === 'most') sorted.reverse();
	const values = sorted.map(({name, value}) => ({
		name,
		...value,
		text: figure(value.median),
		kind: isOurs(name) ? 'ours' : 'theirs',
	}));
	const y = rows(values.map(({name}) => name));
	const end = Math.max(...values.map(({high}) => high), line ?? 0);
	const x = {
		type: 'quantitative',
		title: unit,
		axis: {tickCount: 4, format: end >= 10_000 ? '~s' : '~g'},
		scale: {domainMin: 0, domainMax: end * 1.02},
	};
	return {
		config,
		width,
		height: {step: rowHeight},
		data: {values},
		layer: [
			{
				mark: {type: 'bar', cornerRadiusEnd: 2},
				encoding: {
					y,
					x: {...x, field: 'median'},
					color: {
						field: 'kind',
						legend: null,
						scale: {domain: ['ours', 'theirs'], range: ['var(--ours)', 'var(--theirs)']},
					},
				},
			},
			{
				mark: {type: 'rule', strokeWidth: 1.5, stroke: 'var(--ink)'},
				encoding: {y, x: {...x, field: 'low'}, x2: {field: 'high'}},
			},
			{
				mark: {type: 'text', align: 'left', dx: 6},
				encoding: {y, x: {value: width}, text: {field: 'text'}},
			},
			...(line === undefined ? [] : [targetLine(line)]),
		],
	};
};

const targetLine = (value: number) => ({
	mark: {type: 'rule', stroke: 'var(--target)', strokeWidth: 2, strokeDash: [4, 3]},
	encoding: {x: {datum: value, type: 'quantitative'}},
});

/** How this library stands to others, row by row, each with its target as a line. */
export type Standing = {readonly name: string; readonly comparison: Comparison};

/** The best first. Rows whose ratios spread too much have a text instead of a dot. */
export const standings = (given: readonly Standing[], title: string): Chart => {
	const sorted = given.toSorted((left, right) => medianOf(left) - medianOf(right));
	if (given.some(({comparison: {limit}}) => limit && 'atLeast' in limit)) sorted.reverse();
	const known = sorted.filter(({comparison}) => comparison.value);
	const y = rows(sorted.map(({name}) => name));
	const edges = known.flatMap(({comparison: {value, limit}}) => [...ends(value), ...boundOf(limit)]);
	const [least, most] = [Math.min(1, ...edges) * 0.9, Math.max(1, ...edges) * 1.1];
	const x = {
		type: 'quantitative',
		title,
		scale: {type: 'log', domain: [least, most], nice: false},
		axis: {tickCount: 5, format: '~g', labelOverlap: true},
	};
	const values = known.map(({name, comparison}) => ({
		name,
		...comparison.value,
		limit: boundOf(comparison.limit)[0],
		text: textOf(comparison),
		kind: kindOf(comparison),
	}));
	return {
		config,
		width,
		height: {step: rowHeight},
		layer: [
			{
				data: {values: [{}]},
				mark: {type: 'rule', stroke: 'var(--quiet)', strokeWidth: 1},
				encoding: {x: {datum: 1, type: 'quantitative'}},
			},
			{
				data: {values: values.filter(({limit}) => limit !== undefined)},
				mark: {type: 'tick', thickness: 2.5, size: 20, color: 'var(--target)'},
				encoding: {y, x: {...x, field: 'limit'}},
			},
			{
				data: {values},
				mark: {type: 'rule', strokeWidth: 1.5, stroke: 'var(--ink)'},
				encoding: {y, x: {...x, field: 'low'}, x2: {field: 'high'}},
			},
			{
				data: {values},
				mark: {type: 'point', filled: true, size: 90, opacity: 1},
				encoding: {
					y,
					x: {...x, field: 'median'},
					color: {
						field: 'kind',
						legend: null,
						scale: {domain: ['kept', 'missed', 'open'], range: ['var(--kept)', 'var(--missed)', 'var(--theirs)']},
					},
					shape: {
						field: 'kind',
						legend: null,
						scale: {domain: ['kept', 'missed', 'open'], range: ['circle', 'diamond', 'circle']},
					},
				},
			},
			{
				data: {values: sorted.map(({name, comparison}) => ({name, text: textOf(comparison)}))},
				mark: {type: 'text', align: 'left', dx: 6},
				encoding: {y, x: {value: width}, text: {field: 'text'}},
			},
		],
	};
};

const medianOf = ({comparison}: Standing): number => comparison.value?.median ?? Number.POSITIVE_INFINITY;

const ends = (value: Spread | undefined): readonly number[] => (value ? [value.low, value.high] : []);

const boundOf = (limit: Limit | undefined): readonly number[] => (limit ? Object.values(limit) : []);

const textOf = (comparison: Comparison): string =>
	comparison.value
		? `${figure(comparison.value.median)}${comparison.limit ? ` (${written(comparison.limit)})` : ''}`
		: 'spreads too much';

const kindOf = (comparison: Comparison): string => {
	const kept = isKept(comparison);
	if (kept === undefined) return 'open';
	return kept ? 'kept' : 'missed';
};

/** Three digits, and no more than are needed. */
const figure = (value: number): string =>
	Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-GB') : String(Number(value.toPrecision(3)));
