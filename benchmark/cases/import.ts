import {execFile, execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf} from '../report/terminal.ts';
import type {Result} from '../results.ts';
import {spreadOf} from '../statistics.ts';

/** The root, where the name of the package leads to its build. */
const root = join(import.meta.dirname, '../..');

const program = `
	const before = process.cpuUsage();
	for (const name of process.argv.slice(1)) await import(name);
	const {user, system} = process.cpuUsage(before);
	console.log((user + system) / 1000);
`;

/** What it costs to import modules in a process of its own, in milliseconds of CPU. */
const cost = async (...modules: readonly string[]): Promise<number> => {
	const options = ['--no-warnings', '--input-type=module', '--eval', program];
	const {stdout} = await promisify(execFile)(process.execPath, [...options, ...modules], {cwd: root});
	return Number(stdout);
};

const title = 'the root';

async function* run(plan: Plan): AsyncGenerator<Result> {
	if (!isAsked(plan, title)) return;
	execFileSync('npm', ['run', '--silent', 'build'], {cwd: root, stdio: 'inherit'});
	const rounds = plan.isQuick ? 3 : 25;
	const {ours = [], koas = []} = await takeTurns(
		{ours: () => cost('koa-server-session'), koas: () => cost('cookies', 'keygrip')},
		rounds,
		progressOf(`import of ${title}`, rounds),
	);
	const more = ours.map((our, round) => our - (koas[round] ?? Number.NaN));
	yield {
		benchmark: 'import',
		title,
		question: 'What does importing the package cost, compared with what Koa uses for cookies?',
		unit: 'ms of CPU',
		measurements: [
			{name: 'koa-server-session', value: spreadOf(ours)},
			{name: 'cookies and keygrip', value: spreadOf(koas)},
		],
		comparisons: [{against: 'more than cookies and keygrip', value: spreadOf(more), unit: 'ms', limit: {atMost: 20}}],
	};
}

/** `npm run benchmark -- import`: what importing the published package costs. */
export const importing: Benchmark = {name: 'import', nodes: ['24'], run};
