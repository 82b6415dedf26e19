import {majorOf, type Recorded} from '../results.ts';
import {bars, type Chart, type Standing, standings} from './charts.ts';

/** Charts under one question. */
export type Figure = {
	readonly title: string;
	readonly note: string;
	readonly charts: readonly Chart[];

	/** What the charts show, to be read as a table. */
	readonly results: readonly Recorded[];
};

export type Section = {
	readonly name: string;
	readonly title: string;
	readonly about: string;
	readonly figures: readonly Figure[];

	/** Less asked for, and shown when asked for. */
	readonly more: readonly Figure[];
};

const isOurs = (name: string): boolean =>
	/^(koa-server-session|in memory|its store alone|MemoryStore|opened by URL)/.test(name);

/** Each contestant's cost, and how ours stands to it. */
const contest = (result: Recorded): Figure => {
	const ratios = result.comparisons.filter(({unit}) => unit === undefined);
	const standing = ratios.map((comparison): Standing => ({name: comparison.against, comparison}));
	return {
		title: result.question,
		note: `${result.title} · Node ${majorOf(result.environment)}`,
		charts: [
			bars(result.measurements, result.unit, {isOurs, best: 'least'}),
			...(standing.length > 0 ? [standings(standing, 'ours ÷ theirs, and what it may be')] : []),
		],
		results: [result],
	};
};

/** One comparison of each of several results, side by side. */
const lineUp = (
	title: string,
	axis: string,
	results: readonly Recorded[],
	nameOf: (result: Recorded) => string,
): Figure => ({
	title,
	note: '',
	charts: [
		standings(
			results.flatMap(result => result.comparisons.slice(0, 1).map(comparison => ({name: nameOf(result), comparison}))),
			axis,
		),
	],
	results,
});

/** Groups in the order in which they first come. */
const grouped = (results: readonly Recorded[], by: (result: Recorded) => string): readonly (readonly Recorded[])[] => [
	...Map.groupBy(results, by).values(),
];

const wordOf = (place: number) => (result: Recorded) => result.title.split(/[ ,]+/)[place] ?? '';

const lineUps = (results: readonly Recorded[], axis: string): readonly Figure[] =>
	grouped(results, wordOf(1)).map(group => {
		const question = group[0]?.question.replace(
			/of the throughput of .* is left/,
			'of the bare client’s throughput is left',
		);
		return lineUp(question ?? '', axis, group, wordOf(0));
	});

const blocks = (results: readonly Recorded[]): readonly Figure[] => {
	const first = results[0];
	if (!first) return [];
	const measurements = results.flatMap(result =>
		result.measurements.map(({name, value}) => ({name: `${wordOf(0)(result)}, ${name}`, value})),
	);
	return [
		{
			title: 'How long does nothing else run while a step of prune() works?',
			note: 'the largest number of stored sessions; the line is the target',
			charts: [bars(measurements, first.unit, {isOurs: () => true, best: 'least', line: 5})],
			results,
		},
	];
};

/** The report's sections, of those benchmarks that have results. */
export const sectionsOf = (all: readonly Recorded[]): readonly Section[] => {
	const of = (name: string) => all.filter(({benchmark}) => benchmark === name);
	const isPlain = ({title, environment}: Recorded) =>
		majorOf(environment) === '24' && !/200 connections|autopipelining/.test(title);
	const isBlock = ({title}: Recorded) => title.endsWith(' block');
	const stores = (codec: string) =>
		lineUps(
			of('store').filter(result => wordOf(2)(result) === codec),
			`${codec}: ours ÷ bare client, and what it has to be`,
		);
	return [
		{
			name: 'http',
			title: 'A request',
			about:
				'The server’s CPU time, each application in a process of its own on one Redis client, the generator in another process.',
			figures: of('http').filter(isPlain).map(contest),
			more: of('http')
				.filter(result => !isPlain(result))
				.map(contest),
		},
		{
			name: 'middleware',
			title: 'The middleware alone',
			about: 'In process: no HTTP, a store that takes no time, and the route’s own cost taken off.',
			figures: of('middleware').filter(isPlain).map(contest),
			more: of('middleware')
				.filter(result => !isPlain(result))
				.map(contest),
		},
		{
			name: 'store',
			title: 'Serialising and storing',
			about:
				'Throughput of store and codec together, 16 operations at once, as a part of what the client library alone reaches with the same bytes.',
			figures: stores('json'),
			more: stores('msgpack'),
		},
		{
			name: 'scale',
			title: 'Growing in number',
			about:
				'The cost of an operation with many sessions stored, as a multiple of its cost with 1,000: a million, 100,000 files or DynamoDB items, 10,000 documents of the stand-in for MongoDB.',
			figures: [
				...lineUps(
					of('scale').filter(result => !isBlock(result)),
					'many ÷ 1,000 sessions, and what it may be',
				),
				...blocks(of('scale').filter(isBlock)),
			],
			more: [],
		},
		{
			name: 'codec',
			title: 'Codecs',
			about: 'Decode, lend, encode, compare: what a session costs that is read and not changed.',
			figures: grouped(
				of('codec').filter(({title}) => title !== 'protocol'),
				({question}) => question,
			).map(group =>
				lineUp(group[0]?.question ?? '', `÷ ${group[0]?.comparisons[0]?.against ?? ''}`, group, ({title}) => title),
			),
			more: of('codec')
				.filter(({title}) => title === 'protocol')
				.map(contest),
		},
		{
			name: 'memory',
			title: 'Memory',
			about: 'What sessions take, and what requests leave behind.',
			figures: of('memory').map(contest),
			more: [],
		},
		{
			name: 'import',
			title: 'Starting',
			about: 'What importing costs in a process of its own, of the package as it is published.',
			figures: of('import').map(contest),
			more: [],
		},
	].filter(({figures, more}) => figures.length + more.length > 0);
};
