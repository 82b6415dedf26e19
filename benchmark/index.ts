import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {choose} from './benchmarks.ts';
import {installRivals, nodePath} from './install.ts';
import {toPlan} from './plan.ts';
import {writeReport} from './write-report.ts';

// `npm run benchmark -- http redis read` runs what has all these words in its title; without words, everything.
// `npm run benchmark -- report` only writes what is known.
const args = process.argv.slice(2);
const plan = toPlan(args);
const isWriting = plan.benchmark === 'report';
if (!isWriting) installRivals();

for (const {name, nodes} of isWriting ? [] : await choose(plan)) {
	for (const node of plan.node ? [plan.node] : nodes) {
		const words = [name, ...plan.words, ...plan.urls, '--node', node, ...(plan.isQuick ? ['--quick'] : [])];
		const {status} = spawnSync(nodePath(node), ['--no-warnings', join(import.meta.dirname, 'apart.ts'), ...words], {
			stdio: 'inherit',
			env: {...process.env, NODE_ENV: 'production'},
		});
		if (status === 0) continue;
		// The others go on, since each is worth something alone.
		console.error(`The benchmark ${name} failed on Node ${node}`);
		process.exitCode = 1;
	}
}

console.log(`\nThe report is ${await writeReport(plan)}`);
