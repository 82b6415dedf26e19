import v8 from 'node:v8';
import vm from 'node:vm';
import {Pace} from './pace.ts';
import {quantile} from './statistics.ts';

/** What is measured, by name. */
export type Contestants<Figures> = Readonly<Record<string, () => Promise<Figures>>>;

/** The figures of each contestant. Figures in the same place belong to the same round. */
export type Rounds<Figures> = Readonly<Record<string, readonly Figures[]>>;

/** The pace of the machine during a run that waits for nothing. A run that counts has another one: see `waitFor()`. */
let pace = new Pace(0);

/** From now on, rounds that were measured in a slow minute are repeated. */
export const waitFor = (steadier: Pace): void => {
	pace = steadier;
};

/**
Measures contestants in turns, so that a noisy moment affects all of them.

The first round only warms up. Each round starts with another contestant, since the order may matter. A round that ends in
a slow minute is repeated, whoever won it.

@param before How many rounds these contestants have had in other runs, so that not all runs start with the same.
*/
export const takeTurns = async <Figures>(
	contestants: Contestants<Figures>,
	rounds: number,
	showRound: (round: number) => void = () => undefined,
	before = 0,
): Promise<Rounds<Figures>> => {
	const names = Object.keys(contestants);
	const figures: Record<string, Figures[]> = Object.fromEntries(names.map(name => [name, []]));
	for (let round = 0; round <= rounds; ) {
		showRound(round);
		await pace.whenFast();
		const first = (before + round) % names.length;
		const measured = new Map<string, Figures | undefined>();
		for (const name of [...names.slice(first), ...names.slice(0, first)]) {
			measured.set(name, await contestants[name]?.());
		}
		if (!pace.isFast()) continue;

		for (const [name, figure] of measured) if (round > 0 && figure !== undefined) figures[name]?.push(figure);
		round++;
	}

	return figures;
};

/** The rounds of several runs, one run after the other. */
export const joinRounds = <Figures>(runs: readonly Rounds<Figures>[]): Rounds<Figures> => {
	const names = Object.keys(runs[0] ?? {});
	return Object.fromEntries(names.map(name => [name, runs.flatMap(run => run[name] ?? [])]));
};

/** The CPU time that this process has used, in microseconds. Other work on the machine affects it less than a clock. */
export const cpuTime = (): number => {
	const {user, system} = process.cpuUsage();
	return user + system;
};

/** Throughput and latencies of an operation. */
export type OperationFigures = {
	readonly perSecond: number;

	/** Milliseconds within which half of all operations, or 99 of 100, were done. */
	readonly p50: number;
	readonly p99: number;
};

/** How many operations run at once: more than any client has connections. */
const atOnce = 16;

/** Does the same work for every key. */
export const measureAll = async (
	keys: readonly string[],
	work: (key: string) => Promise<unknown>,
): Promise<OperationFigures> => {
	const latencies: number[] = [];
	const left = keys.values();
	const worker = async () => {
		for (const key of left) {
			const startedAt = performance.now();
			await work(key);
			latencies.push(performance.now() - startedAt);
		}
	};
	const startedAt = performance.now();
	await Promise.all(Array.from({length: atOnce}, worker));
	const seconds = (performance.now() - startedAt) / 1000;
	return {perSecond: keys.length / seconds, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99)};
};

/** The longest time, in milliseconds, that some work kept everything else from running. */
export type Block = {
	/** Counts only the time that this process was running: it isn't to blame if others had the processor. */
	readonly atWork: number;
	readonly clock: number;
};

/** Finds the longest time between two turns of the event loop during `work`. */
export const longestBlock = async (work: () => Promise<unknown>): Promise<Block> => {
	let longest = {atWork: 0, clock: 0};
	let isDone = false;
	let last = now();
	const look = () => {
		const {cpu, clock} = now();
		const passed = clock - last.clock;
		// CPU time includes other threads, which block nothing.
		const worked = Math.min(cpu - last.cpu, passed);
		longest = {atWork: Math.max(longest.atWork, worked), clock: Math.max(longest.clock, passed)};
		last = {cpu, clock};
		if (!isDone) setImmediate(look);
	};
	setImmediate(look);
	await work();
	look();
	isDone = true;
	return longest;
};

/** The system counts the CPU time of a single thread in ticks, which is too coarse here. */
const now = () => ({cpu: cpuTime() / 1000, clock: performance.now()});

v8.setFlagsFromString('--expose-gc');
const collect: NodeJS.GCFunction = vm.runInNewContext('gc');

/** Collects young garbage: what was made recently and isn't needed any more. */
export const collectYoung = (): void => void collect({type: 'minor', execution: 'sync'});

/** Collects all garbage. */
export const collectAll = (): void => void collect({type: 'major', execution: 'sync'});
