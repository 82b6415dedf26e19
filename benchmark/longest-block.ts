/** The longest, in milliseconds, that nothing else could run while `work` did. */
export const longestBlock = async (work: () => Promise<unknown>): Promise<number> => {
	let longest = 0;
	let isDone = false;
	let seenAt = performance.now();
	const look = () => {
		const now = performance.now();
		longest = Math.max(longest, now - seenAt);
		seenAt = now;
		if (!isDone) setImmediate(look);
	};
	setImmediate(look);
	await work();
	look();
	isDone = true;
	return longest;
};
