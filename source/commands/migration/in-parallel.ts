/** How many to work on at once: enough to hide round trips, and few enough not to slow down an application. */
const width = 16;

/** Works on all items, several at once. Rejects with the first failure, once all work has stopped. */
export const inParallelUntilFailure = async <Item>(
	items: AsyncIterable<Item>,
	work: (item: Item) => Promise<void>,
): Promise<void> => {
	const iterator = items[Symbol.asyncIterator]();
	let hasFailed = false;
	const worker = async (): Promise<void> => {
		try {
			while (!hasFailed) {
				const {done, value} = await iterator.next();
				if (done) return;
				await work(value);
			}
		} catch (error) {
			hasFailed = true;
			throw error;
		}
	};

	const endings = await Promise.allSettled(Array.from({length: width}, worker));
	const failure = endings.find(({status}) => status === 'rejected');
	if (failure?.status === 'rejected') throw failure.reason;
};
