import type {OpenBare} from './bare.ts';

/** A `Map`, which copies nothing. */
export const bareMemory: OpenBare = async () => {
	const records = new Map<string, Buffer>();
	const set = async (key: string, bytes: Buffer) => records.set(key, bytes);
	return {
		create: set,
		read: async key => records.get(key),
		update: set,
		touch: async key => records.has(key),
		destroy: async key => records.delete(key),
		close: async () => {},
	};
};
