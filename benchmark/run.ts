import {waitFor} from './measure.ts';
import {Pace} from './pace.ts';
import {choose, toPlan} from './plan.ts';
import {print, showProgress} from './report/terminal.ts';
import {environment, record} from './results.ts';

// Runs one benchmark, in a process of its own, so that no benchmark affects the next.
const plan = toPlan(process.argv.slice(2));

const pace = new Pace(plan.isQuick ? 0 : 30 * 60_000);
waitFor(pace);
for (const benchmark of await choose(plan)) {
	let results = 0;
	for await (const result of benchmark.run(plan)) {
		showProgress('');
		print(result);
		record({...result, environment: environment()}, plan);
		results++;
	}

	if (results === 0)
		console.error(`\nNo case of \`${benchmark.name}\` has all of ${plan.words.join(', ')} in its title`);
}

if (pace.isImpatient && !plan.isQuick)
	console.error('\nThis machine was slow for half an hour in all. The figures after that may be those of slow minutes');
