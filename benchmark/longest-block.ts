/** The longest, in milliseconds, that nothing else could run while `work` did. */
export type Block = {
	/** As far as this process was at work: while others have the processor, it isn't to blame. */
	readonly atWork: number;

	/** By the clock. */
	readonly clock: number;
};

export const longestBlock = async (work: () => Promise<unknown>): Promise<Block> => {
	let longest = {atWork: 0, clock: 0};
	let isDone = false;
	let seenAt = now();
	const look = () => {
		const {cpu, clock} = now();
		const passed = clock - seenAt.clock;
		// Threads beside this one have CPU time of their own.
		const worked = Math.min(cpu - seenAt.cpu, passed);
		longest = {atWork: Math.max(longest.atWork, worked), clock: Math.max(longest.clock, passed)};
		seenAt = {cpu, clock};
		if (!isDone) setImmediate(look);
	};
	setImmediate(look);
	await work();
	look();
	isDone = true;
	return longest;
};

/** The CPU time of a thread alone is counted by the system's ticks, too coarse for this. */
const now = () => {
	const {user, system} = process.cpuUsage();
	return {cpu: (user + system) / 1000, clock: performance.now()};
};
