/** How often the event loop turned while `work` was under way. */
export const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
	let turns = 0;
	let isDone = false;
	const turn = () => {
		if (isDone) return;
		turns++;
		setImmediate(turn);
	};
	setImmediate(turn);
	await work();
	isDone = true;
	return turns;
};
