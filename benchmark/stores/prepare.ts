import type {Store} from '../../source/store.ts';

/** Creates the table or the indexes of a store, as an application does when it is deployed. */
export const prepare = async (store: Store): Promise<void> => {
	if ('createTable' in store && typeof store.createTable === 'function') await store.createTable();
	if ('createIndexes' in store && typeof store.createIndexes === 'function') await store.createIndexes();
};
