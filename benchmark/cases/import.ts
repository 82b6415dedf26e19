import {execFile, execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';
import type {Benchmark} from './benchmark.ts';
import {isAsked, type Plan} from './plan.ts';
import {tellOf} from './progress.ts';
import type {Result} from './result.ts';
import {spreadOf} from './spread.ts';
import {takeTurns} from './turns.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, 'imported.ts');

/** What importing takes in a process of its own, in milliseconds of CPU. */
const cost = async (...modules: readonly string[]): Promise<number> => {
	const {stdout} = await run(process.execPath, ['--no-warnings', program, ...modules]);
	return Number(stdout);
};

const title = 'the root';

/** What a start takes longer by importing this library as it is published. */
async function* measure(plan: Plan): AsyncGenerator<Result> {
	if (!isAsked(plan, title)) return;
	execFileSync('npm', ['run', '--silent', 'build'], {cwd: join(import.meta.dirname, '..'), stdio: 'inherit'});
	const rounds = plan.isQuick ? 3 : 25;
	const {ours = [], koas = []} = await takeTurns(
		{ours: () => cost('koa-server-session'), koas: () => cost('cookies', 'keygrip')},
		rounds,
		tellOf(`import of ${title}`, rounds),
	);
	const more = ours.map((our, round) => our - (koas[round] ?? Number.NaN));
	yield {
		benchmark: 'import',
		title,
		question: 'What does importing the root cost, beside what Koa uses for cookies?',
		unit: 'ms of CPU',
		measurements: [
			{name: 'koa-server-session', value: spreadOf(ours)},
			{name: 'cookies and keygrip', value: spreadOf(koas)},
		],
		comparisons: [{against: 'more than cookies and keygrip', value: spreadOf(more), unit: 'ms', limit: {atMost: 20}}],
	};
}

/** `npm run benchmark -- import` */
export const importing: Benchmark = {name: 'import', nodes: ['24'], run: measure};
