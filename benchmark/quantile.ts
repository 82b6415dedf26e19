/** The value below which a part of all lie. */
export const quantile = (values: readonly number[], part: number): number => {
	const sorted = values.toSorted((left, right) => left - right);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};
