import type {Store} from '../store.ts';
import type {Command} from './command.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';

/** A store that needs something created before its first session. */
type Preparable = Store & {
	createTable?(): Promise<void>;
	createTableSql?(): Promise<string>;
	createIndexes?(): Promise<void>;
};

/** Creates what a store needs besides its server. Running it twice changes nothing. */
export const createTable: Command = {
	summary: 'Create the table or the indexes that a store needs, or print the SQL for it',
	details: aboutStores,
	options: {
		store: storeOption('The store to prepare'),
		print: {type: 'boolean', help: 'Print the SQL, for a migration, and create nothing'},
	},
	run: values =>
		withStore(values, async (store: Preparable) => {
			if (values['print']) {
				if (!store.createTableSql)
					throw new TypeError('Expected the URL of a SQL database: other stores have no SQL to print');
				const sql = await store.createTableSql();
				return {text: sql, data: {sql}};
			}

			const make = store.createTable ?? store.createIndexes;
			await make?.call(store);
			const made = store.createTable ? 'table' : store.createIndexes ? 'indexes' : undefined;
			const text = made ? `The ${made} can be used.` : 'Nothing to do: this store needs no table.';
			return {text, data: {made: made ?? 'nothing'}};
		}),
};
