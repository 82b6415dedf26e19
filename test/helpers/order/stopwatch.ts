const tick = 10;

/**
Measures how long something takes, in milliseconds.

It counts the ticks of a timer, so that a moment in which a busy machine doesn't let this process run is one tick only.
*/
export const measure = async <Result>(work: () => Promise<Result>): Promise<{result: Result; elapsed: number}> => {
	let elapsed = 0;
	const timer = setInterval(() => {
		elapsed += tick;
	}, tick);
	try {
		const result = await work();
		return {result, elapsed};
	} finally {
		clearInterval(timer);
	}
};
