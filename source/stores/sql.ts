import {setImmediate as giveWay} from 'node:timers/promises';
import type {QueryExecutor} from 'kysely';
import type {SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../store.ts';
import {isKey} from './shared/record.ts';
import {readPruneEvery, Sweeper} from './shared/sweeper.ts';
import {drawVersion} from './shared/version.ts';
import type {Walk} from './shared/walk.ts';
import {borrow, connectTo, type SqlConnection} from './sql/client.ts';
import {createTable, define} from './sql/definition.ts';
import {dialects} from './sql/dialect.ts';
import {isBroken, isReadOnly, isRolledBack, retried, toStoreError} from './sql/errors.ts';
import {loadKysely, type SqlClient} from './sql/kysely.ts';
import {checkSize} from './sql/mysql.ts';
import {checkOptions, type SqlStoreOptions} from './sql/options.ts';
import {type NewRow, toExpiry, toRow} from './sql/row.ts';
import {type Database, type Operation, SessionTable} from './sql/session-table.ts';
import {Statements} from './sql/statements.ts';
import {parseSqlUrl} from './sql/url.ts';

export type {SqlClient} from './sql/kysely.ts';
export {type NodeSqliteDatabase, type NodeSqliteValue, nodeSqlite} from './sql/node-sqlite.ts';
export type {SqlStoreOptions} from './sql/options.ts';

/**
Keeps sessions in a table of PostgreSQL, MySQL 8, MariaDB or SQLite.

Pass in your own Kysely, or a URL; see `open()` for the forms of URLs. A URL opens a client on first use, which may keep the
process alive until `close()` closes it; your own Kysely stays open. Its plugins apply: with `kysely.withSchema('auth')`, the
table is the one of that schema. Your own pool of `pg` needs listeners for `'error'`, on the pool and on each client;
without them, a server that restarts ends the process.

Reads must go to the primary: as long as a replica lags, a session that has ended would still be alive there. If the database
replicates asynchronously, a failover may undo the last writes, including a logout.

The table must exist: create it once with `createTable()`, or with the SQL of `createTableSql()`. After that the role
needs only `SELECT`, `INSERT`, `UPDATE` and `DELETE`. Only a `sqlite:` URL creates its table automatically.

Each operation is one statement. A second one finds out why an update or a touch found no record, or replaces an expired
record in MySQL, which can't do so while it inserts. If the connection breaks before the reply, the operation is sent once more
on another one, and counts once. Expired records stay until `prune()`, or until `pruneEvery` lets a create delete some. The clock of this machine decides.

@example
import {Kysely, PostgresDialect} from 'kysely';
import session from 'koa-server-session';
import {SqlStore} from 'koa-server-session/stores/sql';
import {Pool} from 'pg';

const kysely = new Kysely<unknown>({dialect: new PostgresDialect({pool: new Pool()})});
app.use(session(app, {store: new SqlStore(kysely, {table: 'sessions'})}));
*/
export class SqlStore implements Store {
	/** 128 MB; for MySQL and MariaDB nearly 8 MB, which fits into a statement of 16 MB, the most that MariaDB takes by default. */
	readonly maxBytes: number;

	readonly #connection: SqlConnection;
	readonly #table: string;
	readonly #sweeper: Sweeper;

	/** By the executor of the Kysely that they go through. */
	readonly #tables = new WeakMap<QueryExecutor, SessionTable>();

	/**
	@param client Your own Kysely, or the URL of a database.

	@throws SessionError `ERR_SESSION_STORE_URL` If the URL has another form.
	@throws TypeError If an option isn't what it should be, if the client isn't a Kysely but a pool or a transaction, or if it is
	for another kind of database.
	@throws RangeError If `pruneEvery` is out of range.
	*/
	constructor(client: SqlClient | string, options: SqlStoreOptions = {}) {
		const {table, pruneEvery} = checkOptions(options);
		const url = typeof client === 'string' ? parseSqlUrl(client) : undefined;
		this.#sweeper = new Sweeper(readPruneEvery(pruneEvery === undefined ? url?.pruneEvery : pruneEvery), limit =>
			this.prune(limit),
		);
		if (url) {
			this.#table = table ?? url.table;
			this.#connection = connectTo({...url, table: this.#table});
		} else {
			this.#table = table ?? 'sessions';
			this.#connection = borrow(client as SqlClient);
		}
		this.maxBytes = this.#connection.dialect.maxBytes;
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		const version = drawVersion();
		const row = {key, ...toRow(record, version)};
		if (!isKey(key)) return undefined;

		const created = await this.#ask(async (table, lost) => {
			if (await table.insert(row)) return version;
			// This very write, sent again, to a MySQL that counts only the rows that change.
			if ((await table.readState(key))?.version === version) return version;
			// As in `update()`.
			if (lost) throw lost;
			return undefined;
		}, row);
		this.#sweeper.count();
		return created;
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		return isKey(key) ? this.#ask(table => table.read(key)) : undefined;
	}

	async update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		if (!isKey(key)) return 'missing';

		const next = drawVersion();
		const row = toRow(record, next);
		return this.#ask(async (table, lost) => {
			if (await table.update(key, row, version, knownExpiry)) return {version: next};

			const current = await table.readState(key);
			// This very write: a client that lost the reply sent it again.
			if (current?.version === next) return {version: next};
			if (!current?.isLive) return 'missing';
			// The first copy may have been written and replaced since. After a `conflict`, the caller would make its change twice.
			if (lost) throw lost;
			return 'conflict';
		}, row);
	}

	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		if (!isKey(key)) return false;

		const expiry = toExpiry(expiresAt);
		return this.#ask(async table => {
			if (await table.touch(key, expiry, version)) return true;

			// A connection to MySQL may be set to count only the rows that changed.
			const current = await table.readState(key);
			return current?.expiresAt === expiry && current.version === version && current.isLive;
		});
	}

	async delete(key: string, version?: Version): Promise<boolean> {
		return isKey(key) && this.#ask(table => table.delete(key, version));
	}

	/** Deletes by key, step by step: deleting a range of expiries would lock it against inserts. */
	async prune(limit: number): Promise<number> {
		let deleted = 0;
		let oldest: string | undefined;
		while (deleted < limit) {
			const step = Math.min(limit - deleted, this.#connection.dialect.pruneStep);
			const keys = await this.#ask(table => table.listExpired(step));
			if (keys.length === 0) break;
			const count = await this.#ask(table => table.deleteExpired(keys));
			// Where a trigger or a policy forbids it, the same records would come again and again.
			if (count === 0 && keys[0] === oldest) break;
			oldest = keys[0];
			deleted += count;
			if (keys.length < step) break;
			// SQLite answers at once, and nothing else would run until the last step.
			await giveWay();
		}
		return deleted;
	}

	bySubject(subject: string): Walk {
		return this.#walk((table, last) => table.listBySubject(subject, last, walkStep));
	}

	keys(prefix: string): Walk {
		return this.#walk((table, last) => table.listKeys(prefix, last, walkStep));
	}

	/**
	Creates the table and its indexes, unless they exist.

	Any number of processes may call it at once. If the table exists, it succeeds even for a role that may not create tables.
	*/
	async createTable(): Promise<void> {
		await this.#use(client => createTable(client, this.#table, this.#connection.dialect));
	}

	/** The SQL of `createTable()`, for a migration or for a database administrator. Opens no database. */
	async createTableSql(): Promise<string> {
		const {compile, dialect} = this.#connection;
		const statements = await compile(client => define(client, this.#table, dialect));
		return statements.map(({sql}) => `${sql};\n`).join('');
	}

	async close(): Promise<void> {
		await this.#connection.close();
	}

	async *#walk(list: (table: SessionTable, last: string) => Promise<string[]>): Walk {
		let keys: string[] = [];
		do {
			const last = keys.at(-1) ?? '';
			keys = await this.#ask(table => list(table, last));
			yield keys;
		} while (keys.length === walkStep);
	}

	/** Runs an operation that writes `row`, if anything; once more if its connection turns out to be unusable. */
	#ask<Reply>(operation: Operation<Reply>, row?: Omit<NewRow, 'key'>): Promise<Reply> {
		return this.#use(async client => {
			const executor = client.getExecutor();
			const table = this.#tables.get(executor) ?? (await this.#openTable(executor));
			const run = (lost?: unknown): Promise<Reply> => retried(() => operation(table, lost), isRolledBack);
			try {
				return await run();
			} catch (error) {
				// Nothing was done: another server has taken the place of this one.
				if (isReadOnly(error)) return run();
				if (!isBroken(error)) throw error;

				// The second try would only break another connection.
				if (row && this.#connection.dialect === dialects.mysql) await checkSize(client, row);
				return run(error);
			}
		});
	}

	async #openTable(executor: QueryExecutor): Promise<SessionTable> {
		const {QueryCreator} = await loadKysely();
		const database: Database = new QueryCreator({executor});
		const table = new SessionTable(database, new Statements(executor), this.#table, this.#connection.dialect);
		this.#tables.set(executor, table);
		return table;
	}

	async #use<Result>(work: (client: SqlClient) => Promise<Result>): Promise<Result> {
		try {
			return await this.#connection.use(work);
		} catch (error) {
			throw toStoreError(error, this.#table);
		}
	}
}

/** How many keys one statement reads. */
const walkStep = 100;
