import {execFileSync, spawnSync} from 'node:child_process';
import {statSync} from 'node:fs';
import {join} from 'node:path';
import {choose, toPlan} from './plan.ts';
import {writeReport} from './report/report.ts';

// `npm run benchmark -- http redis read` runs the cases with all these words in their titles; without words, all cases.
// `npm run benchmark -- report` only writes the report, from the known results.
const folder = import.meta.dirname;

/** Installs what the root doesn't have: other session libraries, another Node, and Vega for the charts. */
const install = (): void => {
	const modifiedAt = (file: string) => statSync(join(folder, file), {throwIfNoEntry: false})?.mtimeMs ?? 0;
	if (modifiedAt('node_modules/.package-lock.json') >= modifiedAt('package-lock.json')) return;
	execFileSync('npm', ['ci', '--prefix', folder, '--legacy-peer-deps'], {stdio: ['ignore', 'ignore', 'inherit']});
};

const pathOfNode = (major: '24' | '26'): string =>
	process.version.startsWith(`v${major}.`)
		? process.execPath
		: join(folder, major === '24' ? '../node_modules/node' : 'node_modules/node-26', 'bin/node');

const plan = toPlan(process.argv.slice(2));
install();

for (const {name, nodes} of plan.benchmark === 'report' ? [] : await choose(plan)) {
	for (const node of plan.node ? [plan.node] : nodes) {
		const words = [name, ...plan.words, ...plan.urls, '--node', node, ...(plan.isQuick ? ['--quick'] : [])];
		const {status} = spawnSync(pathOfNode(node), ['--no-warnings', join(folder, 'run.ts'), ...words], {
			stdio: 'inherit',
			env: {...process.env, NODE_ENV: 'production'},
		});
		if (status === 0) continue;
		// The others still run: each is useful alone.
		console.error(`The benchmark ${name} failed on Node ${node}`);
		process.exitCode = 1;
	}
}

console.log(`\nThe report is ${await writeReport(plan)}`);
