import {type OwnClient, ownClient} from '../shared/own-client.ts';
import {type Dialect, dialectOf, dialects} from './dialect.ts';
import type {SqlClient} from './kysely.ts';
import {checkSettings, openMysql} from './mysql.ts';
import {openPostgres} from './postgres.ts';
import {openNothing, openSqlite} from './sqlite.ts';
import type {SqlUrl} from './url.ts';

/** How a store reaches its client. */
export type SqlConnection = OwnClient<SqlClient> & {
	readonly dialect: Dialect;

	/** Lends a client that only compiles statements, so that no database has to be there. */
	compile<Result>(work: (client: SqlClient) => Promise<Result>): Promise<Result>;
};

/**
The application's client, which the application closes.

@throws TypeError If it isn't a Kysely, or one for a database that the store doesn't support, or a transaction.
*/
export const borrow = (client: SqlClient): SqlConnection => {
	checkClient(client);
	const dialect = dialectOf(client);
	let isChecked = dialect !== dialects.mysql;
	return {
		dialect,
		async use(work) {
			if (!isChecked) await checkSettings(client);
			isChecked = true;
			return work(client);
		},
		compile: work => work(client),
		close: async () => {},
	};
};

const checkClient = (client: Partial<SqlClient> & {readonly isTransaction?: boolean}): void => {
	if (typeof client?.getExecutor !== 'function')
		throw new TypeError(
			'Expected a `Kysely` or a URL. Wrap a pool: `new Kysely({dialect: new PostgresDialect({pool})})`, or `MysqlDialect`',
		);
	if (client.isTransaction)
		throw new TypeError(
			'Expected a `Kysely`, got a transaction of one. Sessions must not end with it: pass in the `Kysely`',
		);
};

const openers = {postgres: openPostgres, mysql: openMysql, sqlite: openSqlite};

/** A client for a URL, opened by the first operation. */
export const connectTo = (url: SqlUrl): SqlConnection => {
	const own = ownClient(
		() => openers[url.dialect](url),
		// A server that has gone away can't say goodbye: the error is ignored.
		client => client.destroy().catch(() => {}),
	);
	// Opening SQLite would create the file. The others connect only when something is sent.
	const compile: SqlConnection['compile'] = async work =>
		url.dialect === 'sqlite' ? work(await openNothing()) : own.use(work);
	return {dialect: dialects[url.dialect], compile, ...own};
};
