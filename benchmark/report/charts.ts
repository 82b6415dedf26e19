import {type Comparison, isMet, type Limit, type Measurement} from '../results.ts';
import {limitText, short, valueText} from './terminal.ts';

/** A chart as Vega-Lite describes it. */
export type Chart = Readonly<Record<string, unknown>>;

const font = 'system-ui, sans-serif';

/** The page sets the colours, so that they follow light and dark mode. */
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
		labelFontSize: 12,
		titleFontSize: 12,
	},
	text: {font, fontSize: 12, fill: 'var(--ink)'},
};

/** Fits a phone, less margins, so that no chart has to be scaled down. */
const width = 292;

/** Each row has a caption above, and its bar or dot below. */
const rowHeight = 42;
const below = 8;
const lineHeight = 12;

const rows = (names: readonly string[]) => ({field: 'name', type: 'nominal', sort: names, axis: null});

const quantity = (title: string, scale: object) => ({
	type: 'quantitative',
	title,
	axis: {tickCount: 5, format: ',.3~r', labelOverlap: true},
	scale,
});

/** The name of each row on the left, its figure on the right. */
const captions = (values: readonly object[], y: object) => [
	{
		data: {values},
		mark: {type: 'text', align: 'left', dy: -lineHeight},
		encoding: {y, x: {value: 0}, text: {field: 'name'}},
	},
	{
		data: {values},
		mark: {type: 'text', align: 'right', dy: -lineHeight},
		encoding: {y, x: {value: width}, text: {field: 'text'}},
	},
];

const spreads = (values: readonly object[], y: object, x: object) => ({
	data: {values},
	mark: {type: 'rule', strokeWidth: 1.5, stroke: 'var(--ink)', yOffset: below},
	encoding: {y, x: {...x, field: 'low'}, x2: {field: 'high'}},
});

const chart = (layer: readonly object[]): Chart => ({config, width, height: {step: rowHeight}, padding: 4, layer});

type BarOptions = {
	isOurs(name: string): boolean;
	readonly best: 'least' | 'most';

	/** The target, if it has the same unit. */
	readonly line?: number;
};

/** The figures of all contestants, best first. Thin lines show where half of the rounds lie. */
export const bars = (measurements: readonly Measurement[], unit: string, {isOurs, best, line}: BarOptions): Chart => {
	const sorted = measurements.toSorted((left, right) => left.value.median - right.value.median);
	if (best === 'most') sorted.reverse();
	const values = sorted.map(({name, value}) => ({
		name,
		...value,
		text: short(value.median),
		kind: isOurs(name) ? 'ours' : 'theirs',
	}));
	const y = rows(values.map(({name}) => name));
	const x = quantity(unit, {domain: [0, Math.max(...values.map(({high}) => high), line ?? 0) * 1.02]});
	return chart([
		{
			data: {values},
			mark: {type: 'bar', size: 10, cornerRadiusEnd: 2, yOffset: below},
			encoding: {y, x: {...x, field: 'median'}, color: colours({ours: 'var(--ours)', theirs: 'var(--theirs)'})},
		},
		spreads(
			values.map(value => ({...value, low: Math.max(0, value.low)})),
			y,
			x,
		),
		...captions(values, y),
		...(line === undefined
			? []
			: [
					{
						data: {values: [{}]},
						mark: {type: 'rule', stroke: 'var(--target)', strokeWidth: 2, strokeDash: [4, 3]},
						encoding: {x: {...x, datum: line}},
					},
				]),
	]);
};

const colours = (byKind: Readonly<Record<string, string>>) => ({
	field: 'kind',
	legend: null,
	scale: {domain: Object.keys(byKind), range: Object.values(byKind)},
});

/** One row: how this library compares with another. */
export type Ratio = {readonly name: string; readonly comparison: Comparison};

/** Ratios with their targets, best first. A row whose ratios spread too much only says so. */
export const ratios = (given: readonly Ratio[], title: string): Chart => {
	const sorted = given.toSorted((left, right) => medianOf(left) - medianOf(right));
	if (given.some(({comparison: {limit}}) => limit && 'atLeast' in limit)) sorted.reverse();
	const captioned = sorted.map(({name, comparison}) => ({name, text: textOf(comparison)}));
	const values = sorted.flatMap(({name, comparison}) =>
		comparison.value
			? [{name, ...comparison.value, limit: boundOf(comparison.limit)[0], kind: kindOf(comparison)}]
			: [],
	);
	const y = rows(sorted.map(({name}) => name));
	const edges = values.flatMap(({low, high, limit}) => [low, high, limit ?? 1]);
	const x = quantity(title, {
		type: 'log',
		domain: [Math.min(1, ...edges) * 0.9, Math.max(1, ...edges) * 1.1],
		nice: false,
	});
	return chart([
		{
			data: {values: [{}]},
			mark: {type: 'rule', stroke: 'var(--line)', strokeWidth: 2},
			encoding: {x: {...x, datum: 1}},
		},
		{
			data: {values: values.filter(({limit}) => limit !== undefined)},
			mark: {type: 'tick', thickness: 3, size: 16, color: 'var(--target)', yOffset: below},
			encoding: {y, x: {...x, field: 'limit'}},
		},
		spreads(values, y, x),
		{
			data: {values},
			mark: {type: 'point', filled: true, size: 80, opacity: 1, yOffset: below},
			encoding: {
				y,
				x: {...x, field: 'median'},
				color: colours({met: 'var(--met)', missed: 'var(--missed)', open: 'var(--theirs)'}),
				shape: colours({met: 'circle', missed: 'diamond', open: 'circle'}),
			},
		},
		...captions(captioned, y),
	]);
};

const medianOf = ({comparison}: Ratio): number => comparison.value?.median ?? Number.POSITIVE_INFINITY;

const boundOf = (limit: Limit | undefined): readonly number[] => (limit ? Object.values(limit) : []);

const textOf = (comparison: Comparison): string =>
	`${valueText(comparison)}${comparison.value && comparison.limit ? ` (${limitText(comparison.limit)})` : ''}`;

const kindOf = (comparison: Comparison): string => {
	const met = isMet(comparison);
	if (met === undefined) return 'open';
	return met ? 'met' : 'missed';
};
