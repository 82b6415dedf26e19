/** Everything that an asynchronous iterable gives. */
export const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
	const list: Item[] = [];
	for await (const item of items) list.push(item);
	return list;
};
