import test from 'ava';
import session from '../source/index.ts';
import {runs} from './helpers/runs.ts';
import {runBatch, runScript, scheduleSeed} from './simulation/batch.ts';
import {breakFiles, withBrokenCopy} from './simulation/broken-copy.ts';
import {explore, pairs} from './simulation/explore.ts';
import {found} from './simulation/found.ts';
import {mutants} from './simulation/mutants.ts';
import {Simulation} from './simulation/simulation.ts';

// Time is simulated for the whole process, so these tests run one after the other.

test.serial('no schedule of a batch breaks a promise', async t => {
	const simulation = new Simulation(session);
	const count = runs(1000, 200_000);
	t.is(await runBatch(simulation, scheduleSeed(14, 0), count), undefined);
	t.log(`${count} schedules`, simulation.injected);
});

test.serial('no order of two requests breaks a promise', async t => {
	const simulation = new Simulation(session);
	let total = 0;
	for (const script of pairs) {
		// A call that reaches the store at once, and its reply, leave few orders, which find nearly as much.
		const isDistant = runs(false, true);
		const {schedules, violations} = await simulation.use(() => explore(simulation, {script, isDistant}));
		t.deepEqual(violations, []);
		total += schedules;
	}
	t.log(`${total} orders`);
});

test.serial('the same seed is the same schedule', async t => {
	const trace = async () => {
		const simulation = new Simulation(session);
		const names: string[] = [];
		await runScript(simulation, found[0]?.script ?? t.fail(), 1, {trace: names});
		return names;
	};
	const first = await trace();
	t.true(first.length > 10);
	t.deepEqual(await trace(), first);
});

test.serial('a store that takes its own write for another one is found out', async t => {
	const script = {
		...{servers: 2, skews: [0, 0, 0], isInOrder: true, faultRate: 0.3},
		phases: [
			{wait: 0, steps: [0, 1, 0].map(server => ({browser: 0, server, act: {do: 'increment'}, way: 'plain'}) as const)},
		].flatMap(phase => [{wait: 0, steps: phase.steps.slice(0, 1)}, phase]),
	};
	const simulation = new Simulation(session);
	t.is(await runScript(simulation, script, 1000), undefined);
	const finding = await runScript(simulation, script, 1000, {remembersOwn: false});
	t.is(finding?.violations[0]?.promise, '`update()` is exact');
});

for (const {title, script, rule} of found) {
	test.serial(`found once: ${title}`, async t => {
		const mutant = mutants.find(other => other.rule === rule) ?? t.fail();
		t.is(await runScript(new Simulation(session), script, 500), undefined);
		const finding = await withBrokenCopy(mutant, broken => runScript(new Simulation(broken), script, 2000));
		t.truthy(finding);
	});
}

test('each mutant finds the code that it breaks', t => {
	for (const mutant of mutants) t.notThrows(() => breakFiles(mutant));
});

test.serial('each broken rule is found', async t => {
	const quick = mutants.filter(({rule}) => /^(?:12|27)/.test(rule));
	// Scripts of their own, above, find the others.
	const common = mutants.filter(mutant => !found.some(({rule}) => rule === mutant.rule));
	for (const mutant of runs(quick, common)) {
		const finding = await withBrokenCopy(mutant, broken =>
			runBatch(new Simulation(broken), scheduleSeed(1, 0), runs(500, 10_000)),
		);
		t.truthy(finding, mutant.rule);
	}
});
