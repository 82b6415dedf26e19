import {isStoreFault} from '../errors.ts';

/** How many records are worked on at once: enough to hide most of the round trips, too few to hold up requests. */
const width = 16;

/**
Works on many records, several at once, each as soon as the walk comes to it.

If one fails, the others go on all the same, unless the store itself failed: then no more begin.

@throws The first failure, after all work that began is over.
*/
export const inParallel = async (
	keys: AsyncIterable<string> | Iterable<string>,
	work: (key: string) => Promise<void>,
): Promise<void> => {
	const underWay = new Set<Promise<unknown>>();
	const failures: unknown[] = [];
	const begin = async (key: string): Promise<void> => {
		try {
			await work(key);
		} catch (error) {
			failures.push(error);
		}
	};
	try {
		for await (const key of keys) {
			const done: Promise<unknown> = begin(key).finally(() => underWay.delete(done));
			underWay.add(done);
			if (underWay.size === width) await Promise.race(underWay);
			if (failures.some(isStoreFault)) break;
		}
	} finally {
		await Promise.all(underWay);
	}

	if (failures.length > 0) throw failures[0];
};
