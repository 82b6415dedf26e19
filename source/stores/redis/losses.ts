const counts = new WeakMap<object, () => number>();

type Emitter = {on(event: string, listener: () => void): unknown};

/**
Counts the connections that a client has lost, by the events that tell of it. One listener for each, however many stores
use the client.
*/
export const countLosses = (client: Emitter, events: readonly string[]): (() => number) => {
	const known = counts.get(client);
	if (known) return known;

	let losses = 0;
	const count = (): number => losses;
	counts.set(client, count);
	for (const event of events) client.on(event, () => losses++);
	return count;
};
