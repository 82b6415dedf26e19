/** The longest, in milliseconds, that nothing else could run while `work` did. */
export type Block = {
	/** Of CPU time of this thread, so that other processes don't count. */
	readonly cpu: number;

	/** By the clock. */
	readonly clock: number;
};

export const longestBlock = async (work: () => Promise<unknown>): Promise<Block> => {
	const now = () => {
		const {user, system} = process.threadCpuUsage();
		return {cpu: (user + system) / 1000, clock: performance.now()};
	};
	let longest = {cpu: 0, clock: 0};
	let isDone = false;
	let seenAt = now();
	const look = () => {
		const {cpu, clock} = now();
		longest = {cpu: Math.max(longest.cpu, cpu - seenAt.cpu), clock: Math.max(longest.clock, clock - seenAt.clock)};
		seenAt = {cpu, clock};
		if (!isDone) setImmediate(look);
	};
	setImmediate(look);
	await work();
	look();
	isDone = true;
	return longest;
};
