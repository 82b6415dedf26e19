/** `npm run simulate`: see CONTRIBUTING.md. */
import {parseArgs} from 'node:util';
import session from '../../source/index.ts';
import {check} from '../histories/checker/check.ts';
import {describeScript} from '../histories/script.ts';
import {shrink} from '../histories/shrink.ts';
import {drawSchedule, type Finding, runBatch, runScript, scheduleSeed} from './batch.ts';
import {withBrokenCopy} from './broken-copy.ts';
import {explore, pairs, triples} from './explore.ts';
import {found} from './found.ts';
import {type Mutant, mutants} from './mutants.ts';
import {Simulation} from './simulation.ts';

const {values} = parseArgs({
	options: {
		schedules: {type: 'string', default: '100000'},
		seed: {type: 'string', default: '1'},
		replay: {type: 'string'},
		mutants: {type: 'boolean', default: false},
		exhaustive: {type: 'boolean', default: false},
	},
});

const schedules = Number(values.schedules);
const first = scheduleSeed(Number(values.seed), 0);

/** How many orders a smaller script gets to break a promise again. */
const ordersToShrink = 300;

/** So many at once, then a line. */
const step = 50_000;

const seconds = (): string => `${(performance.now() / 1000).toFixed(0)} s`;

const tell = ({seed, script, violations}: Finding): void => {
	console.log(`\nseed ${seed}\n${describeScript(script)}`);
	for (const {promise, what} of violations) console.log(`✗ ${promise}: ${what}`);
};

/** Runs many schedules. A violation is shown as it was found, then as the smallest script that shows it. */
const runMany = async (): Promise<boolean> => {
	const simulation = new Simulation(session);
	for (let done = 0; done < schedules; done += step) {
		const count = Math.min(step, schedules - done);
		const found = await runBatch(simulation, first + done, count);
		if (found) {
			tell(found);
			const isBroken = async (script: Finding['script']) =>
				(await runScript(simulation, script, ordersToShrink)) !== undefined;
			const smallest = await shrink(found.script, isBroken);
			const again = await runScript(simulation, smallest, ordersToShrink);
			if (again) tell(again);
			console.log(`\n\`npm run simulate -- --replay=${found.seed}\` shows each step of the first one`);
			return false;
		}
		console.log(`${done + count} schedules, ${seconds()}`);
	}
	console.log('No promise was broken. Injected:', simulation.injected);
	return true;
};

const replay = async (seed: number): Promise<boolean> => {
	const simulation = new Simulation(session);
	const trace: string[] = [];
	const schedule = drawSchedule(seed);
	const history = await simulation.use(() => simulation.run({...schedule, trace}));
	const violations = check(history);
	console.log(trace.join('\n'));
	for (const entry of history.entries) console.log(JSON.stringify(entry));
	tell({seed, script: schedule.script, violations});
	return violations.length === 0;
};

/** How a broken rule is found: by random schedules, or by a script that showed it once. */
const findMutant = (mutant: Mutant): Promise<string | undefined> =>
	withBrokenCopy(mutant, async broken => {
		const simulation = new Simulation(broken);
		const finding = await runBatch(simulation, first, schedules);
		if (finding) return `after ${finding.seed - first + 1} schedules: ${finding.violations[0]?.promise}`;
		for (const {title, script, rule} of found) {
			const again = rule === mutant.rule && (await runScript(simulation, script, 2000));
			if (again) return `not in ${schedules} schedules, but after ${again.seed} orders of "${title}"`;
		}
		return undefined;
	});

/** Shows that each broken rule is found. */
const runMutants = async (): Promise<boolean> => {
	let isComplete = true;
	for (const mutant of mutants) {
		const how = await findMutant(mutant);
		console.log(`${mutant.rule}\n    ${how ?? 'NOT FOUND'} (${seconds()})`);
		isComplete &&= how !== undefined;
	}
	return isComplete;
};

const runAllOrders = async (): Promise<boolean> => {
	const simulation = new Simulation(session);
	let total = 0;
	for (const [scripts, options] of [
		[pairs, {}],
		[triples, {isDistant: false, mostFaults: 1}],
	] as const) {
		for (const script of scripts) {
			const {schedules: count, violations} = await simulation.use(() => explore(simulation, {...options, script}));
			total += count;
			console.log(`${count} orders, ${seconds()}: ${describeScript(script).split('\n').slice(2).join('')}`);
			if (violations.length === 0) continue;
			tell({seed: count, script, violations});
			return false;
		}
	}
	console.log(`No promise was broken in ${total} orders`);
	return true;
};

const isKept = await (values.replay !== undefined
	? replay(Number(values.replay))
	: values.mutants
		? runMutants()
		: values.exhaustive
			? runAllOrders()
			: runMany());
process.exitCode = isKept ? 0 : 1;
