import type {Store} from '../store.ts';
import type {Command} from './command.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';

/** What stores have that want something made before their first session. */
type Preparable = Store & {
	createTable?(): Promise<void>;
	createTableSql?(): Promise<string>;
	createIndexes?(): Promise<void>;
};

/** Makes what a store needs beside its server. Done twice it changes nothing. */
export const createTable: Command = {
	summary: 'Make the table or the indexes that a store needs, or print the SQL for it',
	details: aboutStores,
	options: {
		store: storeOption('What is to keep the sessions'),
		print: {type: 'boolean', help: 'Print the SQL, for a migration, and make nothing'},
	},
	run: values =>
		withStore(values, async (store: Preparable) => {
			if (values['print']) {
				if (!store.createTableSql)
					throw new TypeError('Expected a store that is a SQL database, since others have no SQL');
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
