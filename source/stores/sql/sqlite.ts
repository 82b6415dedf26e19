import {open} from 'node:fs/promises';
import {isBuiltin} from 'node:module';
import {setTimeout as pause} from 'node:timers/promises';
import type {Kysely, SqliteDatabase} from 'kysely';
import {load} from '../shared/client-library.ts';
import {createTable} from './definition.ts';
import {dialects} from './dialect.ts';
import {loadKysely} from './kysely.ts';
import {nodeSqlite} from './node-sqlite.ts';
import type {SqlUrl} from './url.ts';

/** How long to wait for another process, in milliseconds. Short, since nothing else runs in this process until then. */
const timeout = 1000;

/** How long to try to open a file that other processes open too, in milliseconds. */
const patience = 5000;

const inMemory = ':memory:';

/** Opens a file, by Node's own SQLite if it has one, by `better-sqlite3` otherwise. */
export const openSqlite = async ({address, table}: SqlUrl): Promise<Kysely<unknown>> => {
	const {Kysely, SqliteDialect} = await loadKysely();
	if (address !== inMemory) await makePrivate(address);

	const database = (await openByNode(address)) ?? (await openByLibrary(address));
	try {
		await letReadersIn(database);
		const kysely = new Kysely<unknown>({dialect: new SqliteDialect({database})});
		// A file that we make ourselves has nobody else to make its table.
		await createTable(kysely, table, dialects.sqlite);
		return kysely;
	} catch (error) {
		database.close();
		throw error;
	}
};

/** SQLite gives the files beside it the permissions of this one. */
const makePrivate = async (file: string): Promise<void> => {
	const handle = await open(file, 'a', 0o600);
	await handle.close();
};

const openByNode = async (file: string): Promise<SqliteDatabase | undefined> => {
	if (!isBuiltin('node:sqlite')) return undefined;

	const {DatabaseSync, StatementSync} = await import('node:sqlite');
	// The first versions couldn't tell which statements have rows.
	return 'columns' in StatementSync.prototype ? nodeSqlite(new DatabaseSync(file, {timeout})) : undefined;
};

const openByLibrary = async (file: string): Promise<SqliteDatabase> => {
	const {default: Database} = await load('better-sqlite3', () => import('better-sqlite3'));
	return new Database(file, {timeout});
};

/** Lets one process write while others read, and waits for the disk only now and then. */
const letReadersIn = async (database: SqliteDatabase): Promise<void> => {
	for (const latest = Date.now() + patience; ; ) {
		try {
			database.prepare('pragma journal_mode = wal').all([]);
			break;
		} catch (error) {
			// Of processes that open a new file at once, some are told so at once, whatever the timeout.
			if (Date.now() > latest || !(error instanceof Error && error.message.includes('locked'))) throw error;
			await pause(10);
		}
	}
	database.prepare('pragma synchronous = normal').run([]);
	// Pages in the log until they are moved to their places. The process waits for that: 5 ms instead of 30.
	database.prepare('pragma wal_autocheckpoint = 100').all([]);
};
