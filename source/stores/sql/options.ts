import {checkObject} from '../../options/checks.ts';
import {called, checkNames, type Remedies} from '../../options/names.ts';
import {ofClientStores} from '../shared/other-stores.ts';
import {tableForm} from './url.ts';

/** Options of an `SqlStore`. */
export type SqlStoreOptions = {
	/**
	The name of the table, with a schema if it isn't in the default one: `'auth.sessions'`.

	@default 'sessions', or the one in the URL
	*/
	readonly table?: string;

	/**
	After every so many creates of this store, some expired records are deleted too: up to twice as many. `0`: never.

	That happens after the create and never fails it. A process that ends before that many creates deletes none: with
	short-lived processes, such as functions in a cloud, call `prune()` from a schedule.

	@default 100, or the one in the URL
	*/
	readonly pruneEvery?: number;
};

const remedies: Remedies = {
	...ofClientStores,
	tableName: called('table'),
	schemaName: "Put it before the table's name: `table: 'auth.sessions'`.",
	pruneSessionInterval: called('pruneEvery', ', which counts creates'),
};

/** @throws TypeError For an unknown option, or a name that no table can have. */
export const checkOptions = (options: SqlStoreOptions): SqlStoreOptions => {
	checkObject('options', options, "an object such as `{table: 'sessions'}`");
	checkNames(options, ['table', 'pruneEvery'], {remedies});
	const {table} = options;
	if (table === undefined || tableForm.test(table)) return options;
	throw new TypeError(`Expected \`table\` to be a name like \`sessions\` or \`auth.sessions\`, got \`${table}\``);
};
