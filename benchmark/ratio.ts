import {quantile} from './quantile.ts';

/** How often one figure holds another, over rounds that measured both. */
export type Ratio = {
	readonly median: number;

	/** Half of the rounds lie between them. */
	readonly low: number;
	readonly high: number;
};

/** Takes ratios pair by pair. `undefined`: they spread wider than they are, so they say nothing. */
export const ratioOf = (ours: readonly number[], theirs: readonly number[]): Ratio | undefined => {
	const ratios = ours.map((our, round) => our / (theirs[round] ?? Number.NaN));
	const [low, median, high] = [0.25, 0.5, 0.75].map(part => quantile(ratios, part)) as [number, number, number];
	return high - low < median ? {median, low, high} : undefined;
};
