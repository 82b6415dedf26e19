import {type Spread, spreadOf} from './spread.ts';

/** How often one figure holds another, pair by pair. `undefined`: the ratios spread wider than they are. */
export const ratioOf = (ours: readonly number[], theirs: readonly number[]): Spread | undefined => {
	const ratio = spreadOf(ours.map((our, round) => our / (theirs[round] ?? Number.NaN)));
	return ratio.high - ratio.low < ratio.median ? ratio : undefined;
};
