import {randomUUID} from 'node:crypto';
import {createRequire} from 'node:module';
import {DatabaseSync} from 'node:sqlite';
import type {ExecutionContext} from 'ava';
import type BetterSqlite from 'better-sqlite3';
import {Kysely, type LogEvent, MysqlDialect, PostgresDialect, SqliteDialect} from 'kysely';
import mysql, {type PoolOptions} from 'mysql2';
import pg from 'pg';
import {nodeSqlite, SqlStore} from '../../../source/stores/sql.ts';
import {installFromNpm} from '../../services/install.ts';
import {sharedMysql} from '../../services/mysql.ts';
import {npmPackages} from '../../services/needs.ts';
import {sharedPostgres} from '../../services/postgres.ts';

/** The shared server of this run: keep to tables of your own there. Started for this file alone if AVA runs on its own. */
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

/** The password of users whom tests make. */
export const testPassword = 'a password of tests';

/** The same database, for another user. */
export const loginAs = (url: string, user: string): string => {
	const other = Object.assign(new URL(url), {username: user, password: testPassword});
	// PostgreSQL would look for one of the user's name.
	if (other.pathname === '') other.pathname = '/postgres';
	return other.href;
};

/** The name of a table that no other test uses. */
export const tableName = (): string => `t_${randomUUID().replaceAll('-', '')}`;

/** What an application's own Kysely may be set to. */
export type KyselyOptions = {readonly log?: (event: LogEvent) => void};

/** The application's own Kysely, one for each kind of database and client library. */
export const openPostgres = async (
	url?: string,
	options: KyselyOptions = {},
	poolOptions: pg.PoolConfig = {},
): Promise<Kysely<unknown>> => {
	const pool = new pg.Pool({connectionString: url ?? (await postgresUrl()), max: 10, ...poolOptions});
	pool.on('error', () => {});
	return new Kysely({dialect: new PostgresDialect({pool}), ...options});
};

export const openMysql = async (
	url?: string,
	options: KyselyOptions = {},
	poolOptions: PoolOptions = {},
): Promise<Kysely<unknown>> => {
	const pool = mysql.createPool({uri: url ?? (await mysqlUrl()), connectTimeout: 60_000, ...poolOptions});
	return new Kysely({dialect: new MysqlDialect({pool}), ...options});
};

export const openNodeSqlite = async (file = ':memory:', options: KyselyOptions = {}): Promise<Kysely<unknown>> =>
	new Kysely({dialect: new SqliteDialect({database: nodeSqlite(new DatabaseSync(file))}), ...options});

export const openBetterSqlite = async (file = ':memory:', options: KyselyOptions = {}): Promise<Kysely<unknown>> => {
	// The package brings it compiled, and npm would compile it all the same: that takes Python and a compiler.
	const folder = await installFromNpm(npmPackages['better-sqlite3']);
	if (!folder) throw new Error('Expected npm to install better-sqlite3');
	const Database: typeof BetterSqlite = createRequire(import.meta.url)(folder);
	return new Kysely({dialect: new SqliteDialect({database: new Database(file)}), ...options});
};

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
	const store = new SqlStore(kysely, {table, pruneEvery: 0});
	await store.createTable();
	t.teardown(() => kysely.schema.dropTable(table).ifExists().execute());
	return store;
};

const servers = {
	postgres: {url: postgresUrl, open: openPostgres},
	mysql: {url: mysqlUrl, open: openMysql},
};

type Shared = {readonly kysely: Kysely<unknown>; readonly store: SqlStore};

const inUse = new Map<keyof typeof servers, {users: number; readonly shared: Promise<Shared>}>();

/** One store for all tests of a file, on one table: a connection to PostgreSQL is a process of its own. */
export const sharedStore = async (t: ExecutionContext, server: keyof typeof servers): Promise<SqlStore> => {
	const make = async (): Promise<Shared> => {
		const kysely = await servers[server].open();
		const store = new SqlStore(kysely, {table: tableName(), pruneEvery: 0});
		await store.createTable();
		return {kysely, store};
	};

	const use = inUse.get(server) ?? {users: 0, shared: make()};
	inUse.set(server, use);
	use.users++;
	t.teardown(async () => {
		if (--use.users > 0) return;
		inUse.delete(server);
		await (await use.shared).kysely.destroy();
	});
	return (await use.shared).store;
};

/** A store that opens its own client. */
export const openUrl = (t: ExecutionContext, url: string): SqlStore => {
	const store = new SqlStore(url, {pruneEvery: 0});
	t.teardown(() => store.close());
	return store;
};

/** The URL of a table of its own, which goes after the test. */
export const tableUrl = async (t: ExecutionContext, server: keyof typeof servers): Promise<string> => {
	const table = tableName();
	const kysely = await servers[server].open();
	t.teardown(async () => {
		await kysely.schema.dropTable(table).ifExists().execute();
		await kysely.destroy();
	});
	await new SqlStore(kysely, {table}).createTable();
	// Patient, so that a busy machine fails none.
	return `${await servers[server].url()}?table=${table}&pool=5&connectTimeout=30000&queryTimeout=30000`;
};
