import type {session as SessionFunction} from '../../source/index.ts';
import {seededRandom} from '../helpers/order/scheduler.ts';
import type {History} from '../histories/checker/history.ts';
import {underSimulatedTime} from './clock.ts';
import {Machine} from './machine.ts';
import {type Injected, type Schedule, World} from './world.ts';

/** Servers that a simulation has at most. */
export const mostServers = 5;

/** Runs schedules, one after the other, on the same machines. */
export class Simulation {
	readonly injected: Injected = {};
	readonly #machines: readonly Machine[];
	#world: World | undefined;
	#random = seededRandom(1);

	/** @param session The library: this one, or a broken copy. */
	constructor(session: typeof SessionFunction) {
		this.#machines = Array.from({length: mostServers}, () => new Machine(session, () => this.#current));
	}

	/** Runs `work`, which runs schedules. The whole process has simulated time until it is done. */
	use<Result>(work: () => Promise<Result>): Promise<Result> {
		return underSimulatedTime(() => ({scheduler: this.#current.scheduler, random: this.#random}), work);
	}

	/** Runs one schedule to its end. */
	async run(schedule: Schedule): Promise<History> {
		this.#random = seededRandom(1);
		const world = new World(this.#machines, schedule, this.injected);
		this.#world = world;
		return world.run();
	}

	get #current(): World {
		if (!this.#world) throw new Error('Expected a schedule to be running');
		return this.#world;
	}
}
