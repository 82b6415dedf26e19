import type {Store} from '../source/index.ts';

/** A call that costs the store a round trip. */
export type StoreCall = 'create' | 'read' | 'update' | 'touch' | 'delete';

/** Lends a store out so that `tell` hears of every call before it is made. */
export const observe = (store: Store, tell: (call: StoreCall) => void): Store => {
	const told = <Result>(call: StoreCall, work: () => Promise<Result>): Promise<Result> => {
		tell(call);
		return work();
	};

	return {
		create: (key, record) => told('create', () => store.create(key, record)),
		read: key => told('read', () => store.read(key)),
		update: (key, record, version) => told('update', () => store.update(key, record, version)),
		touch: (key, expiresAt, version) => told('touch', () => store.touch(key, expiresAt, version)),
		delete: key => told('delete', () => store.delete(key)),
		...(store.prune && {prune: store.prune.bind(store)}),
		...(store.bySubject && {bySubject: store.bySubject.bind(store)}),
		...(store.close && {close: store.close.bind(store)}),
		...(store.maxBytes !== undefined && {maxBytes: store.maxBytes}),
	};
};
