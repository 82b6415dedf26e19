import type {Store} from '../../../source/store.ts';
import {Gate} from '../order/barrier.ts';

/** The calls that a store may get from a request. */
export type Operation = 'create' | 'read' | 'update' | 'touch' | 'delete';

const operations: readonly Operation[] = ['create', 'read', 'update', 'touch', 'delete'];

/** Runs around each call: what it returns or throws is what the caller gets. */
export type Around = (operation: Operation, call: () => Promise<unknown>, key: string) => Promise<unknown>;

/** A store whose calls are counted, and can be held up, refused or answered otherwise. */
export type WatchedStore = Store & {
	/** The calls so far, in order. */
	readonly calls: Operation[];

	/** What happens around each call from now on. */
	around: Around;
};

/** Watches a real store. */
export const watch = (store: Store): WatchedStore => {
	const calls: Operation[] = [];
	const watched = Object.create(store) as WatchedStore;
	for (const operation of operations) {
		const method = store[operation].bind(store) as (...parameters: unknown[]) => Promise<unknown>;
		Object.defineProperty(watched, operation, {
			value(...parameters: unknown[]) {
				calls.push(operation);
				return watched.around(operation, () => method(...parameters), String(parameters[0]));
			},
		});
	}

	for (const method of ['prune', 'bySubject', 'keys', 'close'] as const) {
		const given = store[method];
		if (given) Object.defineProperty(watched, method, {value: given.bind(store)});
	}

	Object.defineProperty(watched, 'maxBytes', {get: () => store.maxBytes});
	return Object.assign(watched, {calls, around: ((_operation, call) => call()) satisfies Around});
};

/** Does something before the next call of an operation is made. All others go on. */
export const beforeNext = (store: WatchedStore, awaited: Operation, work: () => Promise<unknown>): void => {
	store.around = async (operation, call) => {
		if (operation !== awaited) return call();
		store.around = (_operation, next) => next();
		await work();
		return call();
	};
};

/** Holds the next call of an operation at a gate; all others go on. */
export const holdNext = (store: WatchedStore, held: Operation): Gate => {
	const gate = new Gate();
	beforeNext(store, held, () => gate.pass());
	return gate;
};
