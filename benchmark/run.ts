import {choose} from './benchmarks.ts';
import {environment} from './environment.ts';
import {toPlan} from './plan.ts';
import {print} from './print.ts';
import {tell} from './progress.ts';
import {record} from './results.ts';

// One benchmark in a process of its own, on the Node that measures, so that none finds what another left.
const plan = toPlan(process.argv.slice(2));
for (const benchmark of await choose(plan)) {
	let results = 0;
	for await (const result of benchmark.run(plan)) {
		tell('');
		print(result);
		record({...result, environment: environment()}, plan);
		results++;
	}

	if (results === 0)
		console.error(`\nNo case of \`${benchmark.name}\` has all of ${plan.words.join(', ')} in its title`);
}
