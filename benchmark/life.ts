import {quantile} from './quantile.ts';

export const operations = ['create', 'read', 'update', 'touch', 'destroy'] as const;

export type Operation = (typeof operations)[number];

/** What keeps records, and does to the one of a key what it is told. */
export type Keeper = Readonly<Record<Operation, (key: string) => Promise<unknown>>>;

/** What an operation cost. */
export type OperationFigures = {
	readonly perSecond: number;

	/** Milliseconds until half of all, and 99 of 100, are done. */
	readonly p50: number;
	readonly p99: number;
};

export type LifeFigures = Readonly<Record<Operation, OperationFigures>>;

/** How many operations are under way at once: more than any client has connections. */
const atOnce = 16;

let lives = 0;

/** Lets so many records come, be read, changed, touched and go, all of them in each operation before the next begins. */
export const live = async (keeper: Keeper, records: number): Promise<LifeFigures> => {
	const keys = Array.from({length: records}, () => `session:benchmark-${process.pid}-${++lives}`);
	const figures: Partial<Record<Operation, OperationFigures>> = {};
	for (const operation of operations) figures[operation] = await measureAll(keys, keeper[operation]);
	return figures as LifeFigures;
};

/** Does the same to all keys. */
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
