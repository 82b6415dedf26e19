import {open} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';
import type {Kysely, SqliteDatabase} from 'kysely';
import {checkInstalled, notLoaded} from '../shared/client-library.ts';
import {createTable} from './definition.ts';
import {dialects} from './dialect.ts';
import {loadKysely} from './kysely.ts';
import {nodeSqlite} from './node-sqlite.ts';
import {keepPrepared} from './prepared.ts';
import {builtInSqlite, type SqlUrl} from './url.ts';

/** How long to wait for another process, in milliseconds. Short, because nothing else runs in this process until then. */
const timeout = 1000;

/** How long to keep trying to open a file that other processes open at the same time, in milliseconds. */
const patience = 5000;

const inMemory = ':memory:';

/** Opens a file with Node's built-in SQLite if there is one, otherwise with `better-sqlite3`. */
export const openSqlite = async ({address, table}: SqlUrl): Promise<Kysely<unknown>> => {
	const {Kysely, SqliteDialect} = await loadKysely();
	if (address !== inMemory) await makePrivate(address);

	const database = openByNode(address) ?? (await openByLibrary(address));
	try {
		await letReadersIn(database);
		const kysely = new Kysely<unknown>({dialect: new SqliteDialect({database})});
		// Nothing else could create the table of a file that the store creates.
		await createTable(kysely, table, dialects.sqlite);
		return kysely;
	} catch (error) {
		database.close();
		throw error;
	}
};

/** Opens no file: what is sent goes nowhere. */
export const openNothing = async (): Promise<Kysely<unknown>> => {
	const {DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler} = await loadKysely();
	return new Kysely<unknown>({
		dialect: {
			createAdapter: () => new SqliteAdapter(),
			createDriver: () => new DummyDriver(),
			createIntrospector: kysely => new SqliteIntrospector(kysely),
			createQueryCompiler: () => new SqliteQueryCompiler(),
		},
	});
};

/** Creates the file readable for this user only. SQLite gives the files beside it the same permissions. */
const makePrivate = async (file: string): Promise<void> => {
	const handle = await open(file, 'a', 0o600);
	await handle.close();
};

const openByNode = (file: string): SqliteDatabase | undefined => {
	const sqlite = builtInSqlite();
	return sqlite && nodeSqlite(new sqlite.DatabaseSync(file, {timeout}));
};

/** In a `try`, so that bundlers pass over it where it isn't installed. */
const loadLibrary = async () => {
	checkInstalled('better-sqlite3');
	try {
		return await import('better-sqlite3');
	} catch (cause) {
		throw notLoaded('better-sqlite3', cause);
	}
};

const openByLibrary = async (file: string): Promise<SqliteDatabase> => {
	const {default: Database} = await loadLibrary();
	const database = new Database(file, {timeout});
	return {prepare: keepPrepared((sql: string) => database.prepare(sql)), close: () => database.close()};
};

/** Lets one process write while others read, and waits for the disk only occasionally. */
const letReadersIn = async (database: SqliteDatabase): Promise<void> => {
	for (const latest = Date.now() + patience; ; ) {
		try {
			database.prepare('pragma journal_mode = wal').all([]);
			break;
		} catch (error) {
			// If several processes open a new file at once, some get this error at once, whatever the timeout.
			if (Date.now() > latest || !(error instanceof Error && error.message.includes('locked'))) throw error;
			await pause(10);
		}
	}
	database.prepare('pragma synchronous = normal').run([]);
	// How many pages the log keeps before they move to the file. The process waits for that: 5 ms instead of 30.
	database.prepare('pragma wal_autocheckpoint = 100').all([]);
};
