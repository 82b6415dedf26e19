/** Two figures measured in turns, round by round. */
export type Comparison = {
	readonly ours: readonly number[];
	readonly theirs: readonly number[];

	/** Ours by theirs, of each pair. */
	readonly ratios: readonly number[];
};

/** Measures two things in turns, so that a noisy moment meets both. The first round warms up and doesn't count. */
export const compare = async (
	ours: () => Promise<number>,
	theirs: () => Promise<number>,
	rounds: number,
): Promise<Comparison> => {
	await ours();
	await theirs();

	const comparison = {ours: [] as number[], theirs: [] as number[], ratios: [] as number[]};
	for (let round = 0; round < rounds; round++) {
		const isOursFirst = round % 2 === 0;
		const first = await (isOursFirst ? ours : theirs)();
		const second = await (isOursFirst ? theirs : ours)();
		const [our, their] = isOursFirst ? [first, second] : [second, first];
		comparison.ours.push(our);
		comparison.theirs.push(their);
		comparison.ratios.push(our / their);
	}

	return comparison;
};

/** The value below which a part of all lie. */
export const quantile = (values: readonly number[], part: number): number => {
	const sorted = values.toSorted((left, right) => left - right);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

/** Prints medians, and the ratio with its spread; says whether a target is met. */
export const printComparison = (
	title: string,
	unit: string,
	{ours, theirs, ratios}: Comparison,
	target?: number,
): void => {
	const [low, median, high] = [0.25, 0.5, 0.75].map(part => quantile(ratios, part).toFixed(2));
	console.log(title);
	console.log(
		`  ${figure(quantile(ours, 0.5))} against ${figure(quantile(theirs, 0.5))} ${unit}, medians of ${ratios.length} rounds`,
	);
	console.log(
		`  ratio ${median} (middle half: ${low} to ${high})${target === undefined ? '' : `, target: at most ${target}`}`,
	);
};

/** Three digits. */
export const figure = (value: number): string => String(Number(value.toPrecision(3)));
