import {execFile, execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {parseDynamoUrl} from '../../source/stores/dynamodb/url.ts';
import {open} from '../../source/stores/open.ts';
import {parseStoreUrl} from '../../source/stores/shared/store-url.ts';
import {type Rounds, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf} from '../report/terminal.ts';
import type {Result} from '../results.ts';
import {spreadOf} from '../statistics.ts';
import {backends} from '../stores/backends.ts';
import {prepare} from '../stores/prepare.ts';

/** The root, where the name of the package leads to its build. */
const root = join(import.meta.dirname, '../..');

/** What an instance costs, in milliseconds of CPU. */
type Costs = {readonly start: number; readonly first: number; readonly later: number};

const titles = {
	start: 'an instance starts',
	first: 'its first request',
	later: 'a later request',
} as const satisfies Record<keyof Costs, string>;

const kinds = {url: 'store by URL', client: 'client passed in', alone: 'Koa alone'} as const;

async function* run(plan: Plan): AsyncGenerator<Result> {
	const asked = (Object.keys(titles) as (keyof Costs)[]).filter(phase => isAsked(plan, titles[phase]));
	const backend = backends.find(({name}) => name === 'dynamodb');
	if (asked.length === 0 || !backend) return;

	execFileSync('npm', ['run', '--silent', 'build'], {cwd: root, stdio: 'inherit'});
	const server = await backend.start();
	try {
		const url = backend.at(server.url, 'benchmark');
		const store = await open(url);
		await prepare(store);
		await store.close?.();

		const rounds = plan.isQuick ? 2 : 9;
		const contestants = Object.fromEntries(Object.keys(kinds).map(kind => [kind, () => startInstance(kind, url)]));
		const costs = await takeTurns(contestants, rounds, progressOf('lambda', rounds));
		for (const phase of asked) yield toResult(phase, costs);
	} finally {
		await server.stop();
	}
}

const startInstance = async (kind: string, url: string): Promise<Costs> => {
	const {endpoint = '', table = ''} = parseDynamoUrl(parseStoreUrl(url));
	const program = readFileSync(join(import.meta.dirname, '../apps/lambda-instance.js'), 'utf8');
	const options = ['--no-warnings', '--input-type=module', '--eval', program];
	const {stdout} = await promisify(execFile)(process.execPath, [...options, kind, url, endpoint, table], {cwd: root});
	return JSON.parse(stdout);
};

const toResult = (phase: keyof Costs, costs: Rounds<Costs>): Result => {
	const of = (kind: string) => (costs[kind] ?? []).map(cost => cost[phase]);
	const more = (kind: string) => of(kind).map((cost, round) => cost - (of('alone')[round] ?? Number.NaN));
	return {
		benchmark: 'lambda',
		title: titles[phase],
		question: 'What do sessions in DynamoDB add to a function on AWS Lambda, with serverless-http?',
		unit: 'ms of CPU',
		measurements: Object.entries(kinds).map(([kind, name]) => ({name, value: spreadOf(of(kind))})),
		comparisons: [
			{against: 'Koa alone, store by URL', value: spreadOf(more('url')), unit: 'ms more'},
			{against: 'Koa alone, client passed in', value: spreadOf(more('client')), unit: 'ms more'},
		],
	};
};

/** `npm run benchmark -- lambda`: what a cold start and requests cost on Lambda, with a DynamoDB on the same machine. */
export const lambda: Benchmark = {name: 'lambda', nodes: ['24'], run};
