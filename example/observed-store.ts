import type {Store} from '../source/index.ts';

/** A call that costs the store a round trip or more. */
export type StoreCall = 'create' | 'read' | 'update' | 'touch' | 'delete' | 'list';

/** Who hears of what is done with a store. */
export type StoreObserver = {
	/** Called before the call is made. */
	onCall(call: StoreCall): void;

	/** Called with what a read has found, and with what an update has stored. */
	onRecord(key: string, bytes: Uint8Array): void;
};

/** Lends a store out so that an observer hears of every call. */
export const observe = (store: Store, {onCall, onRecord}: StoreObserver): Store => {
	const told = <Result>(call: StoreCall, work: () => Result): Result => {
		onCall(call);
		return work();
	};

	const {bySubject} = store;
	return {
		create: (key, record) => told('create', () => store.create(key, record)),
		async read(key) {
			const record = await told('read', () => store.read(key));
			if (record) onRecord(key, record.bytes);
			return record;
		},
		async update(key, record, version) {
			const outcome = await told('update', () => store.update(key, record, version));
			if (typeof outcome === 'object') onRecord(key, record.bytes);
			return outcome;
		},
		touch: (key, expiresAt, version) => told('touch', () => store.touch(key, expiresAt, version)),
		delete: (key, version) => told('delete', () => store.delete(key, version)),
		...(store.prune && {prune: store.prune.bind(store)}),
		...(bySubject && {bySubject: subject => told('list', () => bySubject.call(store, subject))}),
		...(store.close && {close: store.close.bind(store)}),
		...(store.maxBytes !== undefined && {maxBytes: store.maxBytes}),
	};
};
