import {majorOf, type Recorded} from '../results.ts';
import {bars, type Chart, type Ratio, ratios} from './charts.ts';

/** The charts for one question. */
export type Figure = {
	readonly title: string;
	readonly note: string;
	readonly charts: readonly Chart[];

	/** The charts' results, to show as a table. */
	readonly results: readonly Recorded[];
};

export type Section = {
	readonly name: string;
	readonly title: string;
	readonly about: string;
	readonly figures: readonly Figure[];

	/** Further figures, shown on demand. */
	readonly more: readonly Figure[];
};

const isOurs = (name: string): boolean =>
	/^(koa-server-session|in memory|its store alone|MemoryStore|opened by URL)/.test(name);

/** The cost of each contestant, and ours divided by each. */
const contest = (result: Recorded, best: 'least' | 'most' = 'least'): Figure => {
	const comparisons = result.comparisons.filter(({unit}) => unit === undefined);
	const compared = comparisons.map((comparison): Ratio => ({name: comparison.against, comparison}));
	return {
		title: result.question,
		note: `${result.title} · Node ${majorOf(result.environment)}`,
		charts: [
			bars(result.measurements, result.unit, {isOurs, best}),
			...(compared.length > 0 ? [ratios(compared, 'ours ÷ theirs, and the target')] : []),
		],
		results: [result],
	};
};

/** The first comparison of several results, in one chart. */
const lineUp = (
	title: string,
	axis: string,
	results: readonly Recorded[],
	nameOf: (result: Recorded) => string,
): Figure => ({
	title,
	note: '',
	charts: [
		ratios(
			results.flatMap(result => result.comparisons.slice(0, 1).map(comparison => ({name: nameOf(result), comparison}))),
			axis,
		),
	],
	results,
});

/** Groups, in the order of their first results. */
const grouped = (results: readonly Recorded[], by: (result: Recorded) => string): readonly (readonly Recorded[])[] => [
	...Map.groupBy(results, by).values(),
];

const wordOf = (place: number) => (result: Recorded) => result.title.split(/[ ,]+/)[place] ?? '';

const lineUps = (results: readonly Recorded[], axis: string): readonly Figure[] =>
	grouped(results, wordOf(1)).map(group => {
		const question = group[0]?.question.replace(/compared with .*\?/, 'compared with the bare client?');
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
			title: 'How long does a step of prune() keep everything else waiting?',
			note: 'with the largest number of stored sessions; the line is the target',
			charts: [bars(measurements, first.unit, {isOurs: () => true, best: 'least', line: 5})],
			results,
		},
	];
};

/** The sections of the report: one for each benchmark that has results. */
export const sectionsOf = (all: readonly Recorded[]): readonly Section[] => {
	const of = (name: string) => all.filter(({benchmark}) => benchmark === name);
	const isPlain = ({title, environment}: Recorded) =>
		majorOf(environment) === '24' && !/200 connections|autopipelining/.test(title);
	const isBlock = ({title}: Recorded) => title.endsWith(' block');
	const stores = (codec: string) =>
		lineUps(
			of('store').filter(result => wordOf(2)(result) === codec),
			`${codec}: ours ÷ client with JSON, and the target`,
		);
	return [
		{
			name: 'http',
			title: 'A request',
			about:
				'CPU time of the server. Each application has its own process and one Redis client. The load comes from another process.',
			figures: of('http')
				.filter(isPlain)
				.map(result => contest(result)),
			more: of('http')
				.filter(result => !isPlain(result))
				.map(result => contest(result)),
		},
		{
			name: 'storm',
			title: 'One session, many requests',
			about:
				'All connections change the same session at once, as a page does that sends many requests, or an attacker.',
			figures: of('storm').map(result => contest(result, 'most')),
			more: [],
		},
		{
			name: 'profile',
			title: 'Where a request goes',
			about: 'By a CPU profile of the server. Samples also count the time in which others had the processor.',
			figures: of('profile').map(result => contest(result)),
			more: [],
		},
		{
			name: 'middleware',
			title: 'The middleware alone',
			about: 'In one process: no HTTP, a store that takes no time, and the cost of the route subtracted.',
			figures: of('middleware')
				.filter(isPlain)
				.map(result => contest(result)),
			more: of('middleware')
				.filter(result => !isPlain(result))
				.map(result => contest(result)),
		},
		{
			name: 'store',
			title: 'Serialising and storing',
			about:
				'Throughput of store and codec together, 16 operations at once, divided by that of the client library with JSON.',
			figures: stores('json'),
			more: stores('msgpack'),
		},
		{
			name: 'scale',
			title: 'Growing in number',
			about:
				'The cost of an operation with many sessions stored, divided by its cost with 1,000. Many are a million, but 100,000 for files and DynamoDB, and 5,000 for the stand-in for MongoDB.',
			figures: [
				...lineUps(
					of('scale').filter(result => !isBlock(result)),
					'many ÷ 1,000 sessions, and the target',
				),
				...blocks(of('scale').filter(isBlock)),
			],
			more: [],
		},
		{
			name: 'codec',
			title: 'Codecs',
			about: 'Decode, lend, encode, compare: the cost of a session that is read but not changed.',
			figures: grouped(
				of('codec').filter(({title}) => title !== 'protocol'),
				({question}) => question,
			).map(group =>
				lineUp(group[0]?.question ?? '', `÷ ${group[0]?.comparisons[0]?.against ?? ''}`, group, ({title}) => title),
			),
			more: of('codec')
				.filter(({title}) => title === 'protocol')
				.map(result => contest(result)),
		},
		{
			name: 'memory',
			title: 'Memory',
			about: 'How much sessions take, and how much requests leave behind.',
			figures: of('memory').map(result => contest(result)),
			more: [],
		},
		{
			name: 'import',
			title: 'Starting',
			about: 'The cost of importing the published package, in a process of its own.',
			figures: of('import').map(result => contest(result)),
			more: [],
		},
		{
			name: 'lambda',
			title: 'On AWS Lambda',
			about: 'CPU time of a new instance, with sessions in DynamoDB.',
			figures: of('lambda').map(result => contest(result)),
			more: [],
		},
	].filter(({figures, more}) => figures.length + more.length > 0);
};
