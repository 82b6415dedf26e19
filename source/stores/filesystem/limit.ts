/** Lets so many pieces of work go on at once. The others wait for their turn, in order. */
export const limit = (atOnce: number) => {
	const waiting: (() => void)[] = [];
	let free = atOnce;

	return async <Result>(work: () => Promise<Result>): Promise<Result> => {
		if (free > 0) free--;
		else await new Promise<void>(resolve => waiting.push(resolve));

		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next) next();
			else free++;
		}
	};
};
