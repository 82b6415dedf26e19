import type {ExecutionContext} from 'ava';

const tick = 10;

/**
Tells how long it has been since, in milliseconds, until the end of a test.

It counts the ticks of a timer, so that a moment in which a busy machine doesn't let this process run is one tick only.
*/
export const stopwatch = (t: Pick<ExecutionContext, 'teardown'>): (() => number) => {
	let elapsed = 0;
	const timer = setInterval(() => {
		elapsed += tick;
	}, tick);
	t.teardown(() => clearInterval(timer));
	return () => elapsed;
};

/** Measures how long something takes, in ticks as above. */
export const measure = async <Result>(work: () => Promise<Result>): Promise<{result: Result; elapsed: number}> => {
	const ends: (() => void)[] = [];
	const elapsed = stopwatch({teardown: end => ends.push(end as () => void)});
	try {
		const result = await work();
		return {result, elapsed: elapsed()};
	} finally {
		for (const end of ends) end();
	}
};
