/** How much is added from one value to the next, by the line that fits them best. */
export const slopeOf = (values: readonly number[]): number => {
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	const middle = (values.length - 1) / 2;
	let together = 0;
	let alone = 0;
	for (const [place, value] of values.entries()) {
		together += (place - middle) * (value - mean);
		alone += (place - middle) ** 2;
	}
	return together / alone;
};
