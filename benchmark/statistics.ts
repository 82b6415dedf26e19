import {quantile} from './quantile.ts';

/** Where figures of all rounds lie. */
export type Spread = {
	readonly median: number;

	/** Half of the rounds lie between them. */
	readonly low: number;
	readonly high: number;
};

export const spreadOf = (values: readonly number[]): Spread => ({
	median: quantile(values, 0.5),
	low: quantile(values, 0.25),
	high: quantile(values, 0.75),
});
