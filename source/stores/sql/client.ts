import type {Kysely, QueryExecutorProvider} from 'kysely';
import {SessionError} from '../../errors.ts';
import type {SqlUrl} from '../sql-url.ts';
import {type Dialect, dialectOf, dialects} from './dialect.ts';
import {openMysql} from './mysql.ts';
import {openPostgres} from './postgres.ts';
import {openSqlite} from './sqlite.ts';

/** What `SqlStore` needs of a Kysely. Any `Kysely<Database>` fits, whatever its tables. */
export type SqlClient = QueryExecutorProvider;

/** How a store comes by its client. */
export type SqlConnection = {
	readonly dialect: Dialect;
	connect(): Promise<SqlClient>;
	close(): Promise<void>;
};

/**
The application's own client: it opens and closes it.

@throws TypeError If it is for a database that the store doesn't know.
*/
export const borrow = (client: SqlClient): SqlConnection => ({
	dialect: dialectOf(client),
	connect: async () => client,
	close: async () => {},
});

const openers = {postgres: openPostgres, mysql: openMysql, sqlite: openSqlite};

/** A client for a URL, opened by the first operation. */
export const connectTo = (url: SqlUrl): SqlConnection => {
	let client: Promise<Kysely<unknown>> | undefined;
	let closed: Promise<void> | undefined;
	return {
		dialect: dialects[url.dialect],
		// Not `async`, so that a call made before `close()` also reaches the client before it.
		connect() {
			if (closed) return Promise.reject(new SessionError('ERR_SESSION_STORE', 'The store was closed. Make a new one'));
			client ??= openers[url.dialect](url).catch(error => {
				client = undefined;
				throw error;
			});
			return client;
		},
		close() {
			closed ??=
				client?.then(
					opened => opened.destroy(),
					() => {},
				) ?? Promise.resolve();
			return closed;
		},
	};
};
