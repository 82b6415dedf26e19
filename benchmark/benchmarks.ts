import type {Benchmark} from './benchmark.ts';
import type {Plan} from './plan.ts';

/** Each is loaded where it runs, since what others load changes what it measures: `ioredis` slows msgpackr by a half. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
	http: async () => (await import('./http.ts')).http,
	middleware: async () => (await import('./middleware.ts')).middleware,
	store: async () => (await import('./store.ts')).store,
	scale: async () => (await import('./scale.ts')).scale,
	codec: async () => (await import('./codec.ts')).codec,
	memory: async () => (await import('./memory.ts')).memory,
	import: async () => (await import('./import.ts')).importing,
};

/** Those that a plan names. @throws TypeError If there is none of that name. */
export const choose = async ({benchmark}: Plan): Promise<readonly Benchmark[]> => {
	const chosen = Object.entries(benchmarks).filter(([name]) => benchmark === undefined || name === benchmark);
	if (chosen.length > 0) return Promise.all(chosen.map(([, load]) => load()));

	const names = [...Object.keys(benchmarks), 'report'].join(', ');
	throw new TypeError(`Expected one of ${names}, got ${benchmark}`);
};
