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
	use<Result>(work: (client: SqlClient) => Promise<Result>): Promise<Result>;
	close(): Promise<void>;
};

/**
The application's own client: it opens and closes it.

@throws TypeError If it is for a database that the store doesn't know.
*/
export const borrow = (client: SqlClient): SqlConnection => ({
	dialect: dialectOf(client),
	use: work => work(client),
	close: async () => {},
});

const openers = {postgres: openPostgres, mysql: openMysql, sqlite: openSqlite};

/** A client for a URL, opened by the first operation. */
export const connectTo = (url: SqlUrl): SqlConnection => {
	let client: Promise<Kysely<unknown>> | undefined;
	let closed: Promise<void> | undefined;
	const underWay = new Set<Promise<unknown>>();

	const open = (): Promise<Kysely<unknown>> => {
		client ??= openers[url.dialect](url).catch(error => {
			// The next operation tries again.
			client = undefined;
			throw error;
		});
		return client;
	};
	const end = async (): Promise<void> => {
		await Promise.allSettled(underWay);
		// A server that is gone takes no leave.
		await (await client)?.destroy().catch(() => {});
	};
	return {
		dialect: dialects[url.dialect],
		async use(work) {
			if (closed) throw new SessionError('ERR_SESSION_STORE', 'The store was closed. Make a new one');

			const result = open().then(work);
			underWay.add(result);
			try {
				return await result;
			} finally {
				underWay.delete(result);
			}
		},
		close() {
			closed ??= end();
			return closed;
		},
	};
};
