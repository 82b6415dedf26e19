import {check} from '../histories/checker/check.ts';
import type {Act, Violation, Way} from '../histories/checker/history.ts';
import type {Script, Step} from '../histories/script.ts';
import type {Choice} from './scheduler.ts';
import type {Simulation} from './simulation.ts';
import type {Schedule} from './world.ts';

/** What came of all interleavings of a script. */
export type Exploration = {readonly schedules: number; readonly violations: readonly Violation[]};

/** Runs a script in every order that there is, and stops at a violation. The whole process has simulated time. */
export const explore = async (simulation: Simulation, schedule: Omit<Schedule, 'choice'>): Promise<Exploration> => {
	const path = new Path();
	for (let schedules = 1; ; schedules++) {
		path.begin();
		const violations = check(await simulation.run({...schedule, choice: path}));
		if (violations.length > 0 || !path.advance()) return {schedules, violations};
	}
};

/** One way through a tree of choices. `advance()` turns to the next one, depth first. */
class Path implements Choice {
	#taken: {index: number; readonly count: number}[] = [];
	#depth = 0;

	begin(): void {
		this.#depth = 0;
	}

	pick(count: number): number {
		const choice = this.#taken[this.#depth++];
		if (choice?.count === count) return choice.index;
		if (choice) throw new Error('Expected the same choices after the same decisions');
		this.#taken.push({index: 0, count});
		return 0;
	}

	happens(): boolean {
		return this.pick(2) === 1;
	}

	/** `false` if all were taken. */
	advance(): boolean {
		for (let last = this.#taken.at(-1); last; last = this.#taken.at(-1)) {
			if (++last.index < last.count) return true;
			this.#taken.pop();
		}
		return false;
	}
}

const acts: readonly Act[] = [
	{do: 'read'},
	{do: 'write', field: 'a'},
	{do: 'increment'},
	{do: 'flash'},
	{do: 'take exactly'},
	{do: 'log in', user: 'ada'},
	{do: 'log out'},
];

const step = (act: Act, {server = 0, way = 'plain'}: {server?: number; way?: Way} = {}): Step => ({
	browser: 0,
	server,
	act,
	way,
});

/** Requests at once, of a browser that is logged in. */
const script = (servers: number, steps: readonly Step[], faultRate = 0): Script => ({
	servers,
	skews: Array.from({length: servers + 1}, () => 0),
	isInOrder: true,
	faultRate,
	phases: [
		{wait: 0, steps: [step({do: 'log in', user: 'ada'})]},
		{wait: 0, steps},
	],
});

/** Any two requests of a browser at once, at one server and at two. */
export const pairs: readonly Script[] = [1, 2].flatMap(servers =>
	acts.flatMap((first, index) =>
		acts.slice(index).map(second => script(servers, [step(first), step(second, {server: servers - 1})])),
	),
);

/** Three requests of a browser at once, at two servers, of which one call of the store fails or one answer is lost. */
export const triples: readonly Script[] = (
	[
		['increment', 'increment', 'log out'],
		['increment', 'log in', 'log out'],
		['log in', 'log in', 'log out'],
		['take exactly', 'flash', 'log in'],
	] as const
).map(names =>
	script(
		2,
		names.map((name, index) => {
			const act = acts.find(other => other.do === name) as Act;
			return step(act, {server: index % 2});
		}),
		0.5,
	),
);
