import {randomUUID} from 'node:crypto';
import {DatabaseSync} from 'node:sqlite';
import type {ExecutionContext} from 'ava';
import BetterSqlite from 'better-sqlite3';
import {Kysely, type LogEvent, MysqlDialect, PostgresDialect, SqliteDialect, sql} from 'kysely';
import mysql, {type PoolOptions} from 'mysql2';
import pg from 'pg';
import {nodeSqlite, SqlStore} from '../../source/stores/sql.ts';
import {sharedMysql, startMysql} from '../services/mysql.ts';
import {sharedPostgres, startPostgres} from '../services/postgres.ts';
import type {Server, Settings} from '../services/server.ts';

/** The shared server of this run: keep to tables of your own there. Started for this file alone if AVA runs by itself. */
const shared = (variable: string, start: () => Promise<{readonly url: string}>) => {
	let own: Promise<string> | undefined;
	return async (): Promise<string> => {
		const url = process.env[variable];
		if (url) return url;

		// It ends with this worker (see startServer), so nobody has to stop it.
		own ??= start().then(server => server.url);
		return own;
	};
};

export const postgresUrl = shared('TEST_POSTGRES_URL', sharedPostgres);
export const mysqlUrl = shared('TEST_MYSQL_URL', sharedMysql);

/** A server for one test, which may do with it what it likes. */
const privately =
	(start: (settings?: Settings) => Promise<Server>) =>
	async (t: ExecutionContext, settings?: Settings): Promise<Server> => {
		const server = await start(settings);
		t.teardown(() => server.stop());
		return server;
	};

export const privatePostgres = privately(startPostgres);
export const privateMysql = privately(startMysql);

/** The name of a table that no other test uses. */
export const tableName = (): string => `t_${randomUUID().replaceAll('-', '')}`;

/** What an application's own Kysely may be set to. */
export type KyselyOptions = {readonly log?: (event: LogEvent) => void};

/** The application's own Kysely, one for each kind of database and client library. */
export const openPostgres = async (url?: string, options: KyselyOptions = {}): Promise<Kysely<unknown>> => {
	const pool = new pg.Pool({connectionString: url ?? (await postgresUrl()), max: 10});
	pool.on('error', () => {});
	return new Kysely({dialect: new PostgresDialect({pool}), ...options});
};

export const openMysql = async (
	url?: string,
	options: KyselyOptions = {},
	poolOptions: PoolOptions = {},
): Promise<Kysely<unknown>> => {
	const pool = mysql.createPool({uri: url ?? (await mysqlUrl()), ...poolOptions});
	return new Kysely({dialect: new MysqlDialect({pool}), ...options});
};

export const openNodeSqlite = async (file = ':memory:', options: KyselyOptions = {}): Promise<Kysely<unknown>> =>
	new Kysely({dialect: new SqliteDialect({database: nodeSqlite(new DatabaseSync(file))}), ...options});

export const openBetterSqlite = async (file = ':memory:', options: KyselyOptions = {}): Promise<Kysely<unknown>> =>
	new Kysely({dialect: new SqliteDialect({database: new BetterSqlite(file)}), ...options});

/** Every client that is supported, by the name of the database and, where there are several, its own. */
export const clients: Readonly<Record<string, (url?: string, options?: KyselyOptions) => Promise<Kysely<unknown>>>> = {
	PostgreSQL: openPostgres,
	MariaDB: openMysql,
	'SQLite of Node': openNodeSqlite,
	'better-sqlite3': openBetterSqlite,
};

/** A store on a table of its own, which goes after the test. */
export const makeStore = async (t: ExecutionContext, kysely: Kysely<unknown>): Promise<SqlStore> => {
	const table = tableName();
	const store = new SqlStore(kysely, {table});
	await store.createTable();
	t.teardown(() => kysely.schema.dropTable(table).ifExists().execute());
	return store;
};

/** The URL of a table of its own, which goes after the test. */
export const tableUrl = async (t: ExecutionContext, url: string): Promise<string> => {
	const table = tableName();
	const kysely = await (url.startsWith('mysql:') ? openMysql : openPostgres)(url);
	t.teardown(async () => {
		await sql`drop table if exists ${sql.table(table)}`.execute(kysely);
		await kysely.destroy();
	});
	await new SqlStore(kysely, {table}).createTable();
	return `${url}?table=${table}`;
};
