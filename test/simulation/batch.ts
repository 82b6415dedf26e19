import {seededRandom} from '../helpers/order/scheduler.ts';
import {check} from '../histories/checker/check.ts';
import type {Violation} from '../histories/checker/history.ts';
import {drawScript, type Script} from '../histories/script.ts';
import {randomChoice} from './scheduler.ts';
import {mostServers, type Simulation} from './simulation.ts';
import type {Schedule} from './world.ts';

/** A schedule that breaks a promise. */
export type Finding = {readonly script: Script; readonly seed: number; readonly violations: readonly Violation[]};

/** Servers, browsers and requests of a script at most. */
const range = {servers: mostServers, browsers: 8, steps: 8};

/** The seed of one schedule of a batch. Batches of neighboring seeds have nothing in common. */
export const scheduleSeed = (seed: number, index: number): number => (Math.imul(seed, 0x9e3779b1) + index) >>> 0;

/** What a seed stands for: a script, and all that is left to chance in it. */
export const drawSchedule = (seed: number): {readonly script: Script} & Schedule => {
	const random = seededRandom(seed);
	return {script: drawScript(random, range), choice: randomChoice(random)};
};

/** Runs schedules of consecutive seeds. Resolves to the first that breaks a promise. */
export const runBatch = (simulation: Simulation, first: number, count: number): Promise<Finding | undefined> =>
	simulation.use(async () => {
		for (let seed = first; seed < first + count; seed++) {
			const schedule = drawSchedule(seed);
			const violations = check(await simulation.run(schedule));
			if (violations.length > 0) return {script: schedule.script, seed, violations};
		}

		return undefined;
	});

/** Runs one script in so many orders. Resolves to the first that breaks a promise. */
export const runScript = (
	simulation: Simulation,
	script: Script,
	orders: number,
	options: Omit<Schedule, 'script' | 'choice'> = {},
): Promise<Finding | undefined> =>
	simulation.use(async () => {
		for (let seed = 1; seed <= orders; seed++) {
			const choice = randomChoice(seededRandom(seed));
			const violations = check(await simulation.run({...options, script, choice}));
			if (violations.length > 0) return {script, seed, violations};
		}

		return undefined;
	});
