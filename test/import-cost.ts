/**
What importing the root costs beside what Koa uses for cookies, in CPU time. A step of its own in `npm test`, before AVA: a
figure that is taken while other tests keep the machine busy says more about those.
*/
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';

const rounds = 15;

/** The most that the root may cost more, in milliseconds. */
const budget = 20;

const folder = join(import.meta.dirname, '..');
const program = join(import.meta.dirname, 'helpers/consumer/import-cost.js');

const cost = (...modules: readonly string[]): number =>
	Number(execFileSync(process.execPath, [program, ...modules], {cwd: folder, encoding: 'utf8'}));

const [ours, koas]: [number[], number[]] = [[], []];
for (let round = 0; round < rounds; round++) {
	koas.push(cost('cookies', 'keygrip'));
	ours.push(cost('koa-server-session'));
}

/** Half of the figures are lower. */
const median = (figures: readonly number[]): number => figures.toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN;

const more = median(ours) - median(koas);
console.log(
	`Median of ${rounds} in turn: root ${median(ours).toFixed(1)} ms, cookies and keygrip ${median(koas).toFixed(1)} ms`,
);
if (more > budget) {
	console.error(`Expected the root to cost at most ${budget} ms more, got ${more.toFixed(1)}`);
	process.exitCode = 1;
}
