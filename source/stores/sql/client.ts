import {type OwnClient, ownClient} from '../shared/own-client.ts';
import {type Dialect, dialectOf, dialects} from './dialect.ts';
import type {SqlClient} from './kysely.ts';
import {openMysql} from './mysql.ts';
import {openPostgres} from './postgres.ts';
import {openSqlite} from './sqlite.ts';
import type {SqlUrl} from './url.ts';

/** How a store comes by its client. */
export type SqlConnection = OwnClient<SqlClient> & {readonly dialect: Dialect};

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
	const own = ownClient(
		() => openers[url.dialect](url),
		// A server that has gone away can't say goodbye.
		client => client.destroy().catch(() => {}),
	);
	return {dialect: dialects[url.dialect], ...own};
};
