import {setTimeout as pause} from 'node:timers/promises';

/**
Until a server that came back is found again; on a busy machine its limits may pass a few times before.

A call may fail at once, while nothing is connected. Without a pause, nothing would ever be.
*/
export const eventually = async <Result>(call: () => Promise<Result>): Promise<Result> => {
	const latest = Date.now() + 60_000;
	for (;;) {
		try {
			return await call();
		} catch (error) {
			if (Date.now() > latest) throw error;
		}
		await pause(10);
	}
};
