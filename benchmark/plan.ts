import type {Result} from './results.ts';

/** A kind of question. */
export type Benchmark = {
	readonly name: string;

	/** The versions of Node to run it on. */
	readonly nodes: readonly ('24' | '26')[];

	/** Yields each result as soon as it is known. */
	run(plan: Plan): AsyncIterable<Result>;
};

/** What to run. */
export type Plan = {
	/** The benchmark's name. `undefined`: all. */
	readonly benchmark: string | undefined;

	/** The words that a case must have in its title. */
	readonly words: readonly string[];

	/** Stores to measure instead of those that the benchmark would start. */
	readonly urls: readonly string[];

	/** The version of Node. `undefined`: those of the benchmark. */
	readonly node: '24' | '26' | undefined;

	/** Only a few rounds: shows that everything works, but the figures mean little. */
	readonly isQuick: boolean;
};

/** @throws TypeError For an unknown flag or version of Node. */
export const toPlan = (args: readonly string[]): Plan => {
	const at = args.indexOf('--node');
	const node = at < 0 ? undefined : args[at + 1];
	if (at >= 0 && node !== '24' && node !== '26') throw new TypeError(`Expected \`--node\` 24 or 26, got ${node}`);

	const rest = at < 0 ? args : args.toSpliced(at, 2);
	const unknown = rest.find(word => word.startsWith('--') && word !== '--quick');
	if (unknown !== undefined) throw new TypeError(`Expected \`--quick\` or \`--node\`, got ${unknown}`);

	const words = rest.filter(word => !word.startsWith('--') && !isUrl(word));
	return {
		benchmark: words[0],
		words: words.slice(1),
		urls: rest.filter(isUrl),
		node: node as Plan['node'],
		isQuick: rest.includes('--quick'),
	};
};

const isUrl = (word: string): boolean => /^[a-z+]+:/.test(word);

/** Whether a title has all the words that were asked for. */
export const isAsked = ({words}: Pick<Plan, 'words'>, title: string): boolean =>
	words.every(word =>
		title
			.toLowerCase()
			.split(/[\s,()]+/)
			.includes(word.toLowerCase()),
	);

/** Each is loaded only to run it: what others load would change its figures. `ioredis` slows msgpackr by a half. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
	http: async () => (await import('./cases/http.ts')).http,
	storm: async () => (await import('./cases/storm.ts')).storm,
	profile: async () => (await import('./cases/profile.ts')).profile,
	middleware: async () => (await import('./cases/middleware.ts')).middleware,
	store: async () => (await import('./cases/store.ts')).store,
	scale: async () => (await import('./cases/scale.ts')).scale,
	codec: async () => (await import('./cases/codec.ts')).codec,
	memory: async () => (await import('./cases/memory.ts')).memory,
	import: async () => (await import('./cases/import.ts')).importing,
	lambda: async () => (await import('./cases/lambda.ts')).lambda,
};

/** The benchmarks that a plan names. @throws TypeError If there is none of that name. */
export const choose = async ({benchmark}: Plan): Promise<readonly Benchmark[]> => {
	const chosen = Object.entries(benchmarks).filter(([name]) => benchmark === undefined || name === benchmark);
	if (chosen.length > 0) return Promise.all(chosen.map(([, load]) => load()));

	const names = [...Object.keys(benchmarks), 'report'].join(', ');
	throw new TypeError(`Expected one of ${names}, got ${benchmark}`);
};
