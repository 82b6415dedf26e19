import type {ExecutionContext} from 'ava';

const tick = 10;

/** Counts ticks of a timer, so that a moment in which a busy machine doesn't let this process run is one tick only. */
const startTicking = () => {
	let elapsed = 0;
	const timer = setInterval(() => {
		elapsed += tick;
	}, tick);
	return {elapsed: () => elapsed, stop: () => clearInterval(timer)};
};

/** Starts to count, until the end of a test. The function tells how much time has passed: in ticks, as milliseconds. */
export const stopwatch = (t: ExecutionContext): (() => number) => {
	const {elapsed, stop} = startTicking();
	t.teardown(stop);
	return elapsed;
};

/** Measures how long something takes: in ticks, as milliseconds. */
export const measure = async <Result>(work: () => Promise<Result>): Promise<{result: Result; elapsed: number}> => {
	const {elapsed, stop} = startTicking();
	try {
		const result = await work();
		return {result, elapsed: elapsed()};
	} finally {
		stop();
	}
};
