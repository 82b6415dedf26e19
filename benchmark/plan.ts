/** What to run. */
export type Plan = {
	/** The benchmark's name; `undefined`: all. */
	readonly benchmark: string | undefined;

	/** What a case must have in its title. */
	readonly words: readonly string[];

	/** Stores to be measured instead of those that the benchmark would start. */
	readonly urls: readonly string[];

	/** Of Node; `undefined`: whatever the benchmark runs on by itself. */
	readonly node: '24' | '26' | undefined;

	/** Few rounds: to see that everything works, not to believe the figures. */
	readonly isQuick: boolean;
};

/** @throws TypeError For a flag or a Node that there isn't. */
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

const isUrl = (word: string): boolean => /^[a-z+]+:./.test(word);

/** Whether a title has all words that were asked for. */
export const isAsked = ({words}: Pick<Plan, 'words'>, title: string): boolean =>
	words.every(word =>
		title
			.toLowerCase()
			.split(/[\s,()]+/)
			.includes(word.toLowerCase()),
	);
