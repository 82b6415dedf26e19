import {spawnSync} from 'node:child_process';
import type {Benchmark} from './benchmark.ts';
import {codec} from './codec.ts';
import {environment} from './environment.ts';
import {http} from './http.ts';
import {installRivals, nodePath} from './install.ts';
import {memory} from './memory.ts';
import {middleware} from './middleware.ts';
import {toPlan} from './plan.ts';
import {print} from './print.ts';
import {record} from './results.ts';
import {scale} from './scale.ts';
import {store} from './store.ts';

// `npm run benchmark -- http redis read` runs what has all these words in its title; without words, everything.
const benchmarks: readonly Benchmark[] = [codec, middleware, http, store, scale, memory];
const args = process.argv.slice(2);
const plan = toPlan(args);
const chosen = benchmarks.filter(({name}) => plan.benchmark === undefined || name === plan.benchmark);
if (chosen.length === 0)
	throw new TypeError(`Expected one of ${benchmarks.map(({name}) => name).join(', ')}, got ${plan.benchmark}`);

/** Runs a benchmark in a process of its own, by another Node if need be, so that none finds what another left. */
const runApart = ({name}: Benchmark, node: '24' | '26'): void => {
	const rest = args.filter(word => word !== name && word !== '--node' && word !== plan.node);
	const env = {...process.env, NODE_ENV: 'production'};
	const {status} = spawnSync(nodePath(node), ['--no-warnings', import.meta.filename, name, ...rest, '--node', node], {
		stdio: 'inherit',
		env,
	});
	if (status !== 0) throw new Error(`The benchmark ${name} failed on Node ${node}`);
};

const isApart = plan.node !== undefined && process.version.startsWith(`v${plan.node}.`) && plan.benchmark !== undefined;
if (isApart) {
	for (const benchmark of chosen) {
		for await (const result of benchmark.run(plan)) {
			process.stderr.write('\r\u001B[K');
			print(result);
			if (!plan.isQuick) record({...result, environment: environment()});
		}
	}
} else {
	installRivals();
	for (const benchmark of chosen) {
		for (const node of plan.node ? [plan.node] : benchmark.nodes) runApart(benchmark, node);
	}
}
