import type {Store} from '../source/index.ts';

/** A call that costs at least one round trip. */
export type StoreCall = 'create' | 'read' | 'update' | 'touch' | 'delete' | 'list';

/** What to call when a store is used. */
export type StoreObserver = {
	/** Called before the call is made. */
	onCall(call: StoreCall): void;

	/** Called with every record that was read or updated. */
	onRecord(key: string, bytes: Uint8Array): void;
};

/** Wraps a store so that an observer sees every call. */
export const observe = (store: Store, {onCall, onRecord}: StoreObserver): Store => {
	const observed = <Result>(call: StoreCall, work: () => Result): Result => {
		onCall(call);
		return work();
	};

	const {bySubject, keys} = store;
	return {
		create: (key, record) => observed('create', () => store.create(key, record)),
		async read(key) {
			const record = await observed('read', () => store.read(key));
			if (record) onRecord(key, record.bytes);
			return record;
		},
		async update(key, record, version, options) {
			const outcome = await observed('update', () => store.update(key, record, version, options));
			if (typeof outcome === 'object') onRecord(key, record.bytes);
			return outcome;
		},
		touch: (key, expiresAt, version) => observed('touch', () => store.touch(key, expiresAt, version)),
		delete: (key, version) => observed('delete', () => store.delete(key, version)),
		...(store.prune && {prune: store.prune.bind(store)}),
		...(bySubject && {bySubject: subject => observed('list', () => bySubject.call(store, subject))}),
		...(keys && {keys: prefix => observed('list', () => keys.call(store, prefix))}),
		...(store.close && {close: store.close.bind(store)}),
		...(store.maxBytes !== undefined && {maxBytes: store.maxBytes}),
	};
};
