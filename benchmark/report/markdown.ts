import {type Comparison, majorOf, type Recorded, type Result} from '../results.ts';
import {limitText, middleHalf, short, valueText, verdictOf} from './terminal.ts';

/** Puts content between the markers `<!-- name -->` and `<!-- /name -->`. @throws Error If they are missing. */
export const insert = (text: string, name: string, content: string): string => {
	const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
	const from = text.indexOf(start);
	const to = text.indexOf(end, from);
	if (from < 0 || to < 0) throw new Error(`Expected the markers ${start} and ${end}, in this order`);
	return `${text.slice(0, from + start.length)}\n${content.trim()}\n${text.slice(to)}`;
};

const opponents = ['Koa', 'by hand', 'koa-session', 'koa-generic-session', 'express-session', '@fastify/session'];

/** What requests cost on the newest Node: only medians, since a README has room for few lines. */
export const summary = (results: readonly Recorded[]): string => {
	const requests = results.filter(
		({benchmark, title}) => benchmark === 'http' && /^redis \w+, 50 connections$/.test(title),
	);
	const newest = Math.max(...requests.map(({environment}) => Number(majorOf(environment))));
	const shown = requests.filter(({environment}) => Number(majorOf(environment)) === newest);
	if (shown.length === 0) return '_Not measured yet._';

	const rows = shown.map(result => {
		const cost = result.measurements[0]?.value.median ?? Number.NaN;
		const ratios = opponents.map(opponent => result.comparisons.find(({against}) => against === opponent)?.value);
		return [titleOf(result), `${short(cost)} µs`, ...ratios.map(value => (value ? short(value.median) : 'unclear'))];
	});
	return `${table(['a request that', 'CPU', ...opponents.map(name => `÷ ${name}`)], rows)}

${sourceOf(shown.map(({environment}) => environment))}`;
};

const titles: Readonly<Record<string, string>> = {
	untouched: 'has no cookie and needs no session',
	anonymous: 'has no cookie and looks for its session',
	read: 'reads its session',
	change: 'changes its session',
};

const titleOf = ({title}: Recorded): string => titles[title.split(/[ ,]+/)[1] ?? ''] ?? title;

const valueWithSpread = (comparison: Comparison): string =>
	comparison.value ? `${valueText(comparison)} (${middleHalf(comparison.value)})` : valueText(comparison);

/** Cases are measured one by one, so that their dates and commits may differ. */
const sourceOf = (environments: readonly Recorded['environment'][]): string => {
	const distinct = (tell: (environment: Recorded['environment']) => string) =>
		[...new Set(environments.map(tell))].sort().join('; ');
	const where = distinct(({node, platform, machine}) => `Node ${node.slice(1)}, ${platform}, ${machine}`);
	return `Medians on ${where}. ${distinct(({date, commit}) => `${date}, commit ${commit}`)}.`;
};

/** All results, by benchmark. */
export const evidence = (results: readonly Recorded[]): string =>
	[...Map.groupBy(results, ({benchmark}) => benchmark)]
		.map(([benchmark, group]) => `### ${benchmark}\n\n${evidenceOf(group)}`)
		.join('\n\n');

const evidenceOf = (results: readonly Recorded[]): string => {
	const rows = results.flatMap(result =>
		result.comparisons.map(comparison => [
			`${result.title}, Node ${majorOf(result.environment)}`,
			oursOf(result),
			comparison.against,
			valueWithSpread(comparison),
			comparison.limit ? limitText(comparison.limit) : '',
			verdictOf(comparison),
			result.environment.commit,
		]),
	);
	return table(['case', 'ours', 'against', 'ratio', 'target', '', 'commit'], rows);
};

const oursOf = ({measurements, unit}: Result): string =>
	`${short(measurements[0]?.value.median ?? Number.NaN)} ${unit}`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
	[head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
