/** The value below which a given part of all values lie, interpolated between two of them. */
export const quantile = (values: readonly number[], part: number): number => {
	const sorted = values.toSorted((left, right) => left - right);
	const place = (sorted.length - 1) * part;
	const [below = Number.NaN, above = below] = sorted.slice(Math.floor(place), Math.floor(place) + 2);
	return below + (above - below) * (place % 1);
};

/** The median of some figures, and how far they spread. */
export type Spread = {
	readonly median: number;

	/** Half of the figures lie between `low` and `high`. */
	readonly low: number;
	readonly high: number;
};

export const spreadOf = (values: readonly number[]): Spread => ({
	median: quantile(values, 0.5),
	low: quantile(values, 0.25),
	high: quantile(values, 0.75),
});

/** Our figures divided by theirs, round by round. `undefined` if the ratios spread too widely to mean anything. */
export const ratioOf = (ours: readonly number[], theirs: readonly number[]): Spread | undefined => {
	const ratio = spreadOf(ours.map((our, round) => our / (theirs[round] ?? Number.NaN)));
	return ratio.high - ratio.low < ratio.median ? ratio : undefined;
};

/** By how much values grow from one to the next: the slope of the line that fits them best (least squares). */
export const slopeOf = (values: readonly number[]): number => {
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	const middle = (values.length - 1) / 2;
	let covariance = 0;
	let variance = 0;
	for (const [place, value] of values.entries()) {
		covariance += (place - middle) * (value - mean);
		variance += (place - middle) ** 2;
	}
	return covariance / variance;
};
