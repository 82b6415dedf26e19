import type {SqliteDatabase} from 'kysely';
import {keepPrepared} from './prepared.ts';

/** What `nodeSqlite()` needs of a `DatabaseSync`. */
export interface NodeSqliteDatabase {
	prepare(sql: string): {
		columns(): readonly unknown[];
		setReturnArrays?(isEnabled: boolean): void;
		all(...parameters: NodeSqliteValue[]): unknown[];
		run(...parameters: NodeSqliteValue[]): {changes: number | bigint; lastInsertRowid: number | bigint};
		iterate(...parameters: NodeSqliteValue[]): IterableIterator<unknown>;
	};
	close(): void;
}

/** What SQLite can store. */
export type NodeSqliteValue = null | number | bigint | string | NodeJS.ArrayBufferView;

/**
Adapts Node's built-in SQLite to Kysely's `SqliteDialect`.

@example
import {DatabaseSync} from 'node:sqlite';
import {Kysely, SqliteDialect} from 'kysely';
import {nodeSqlite, SqlStore} from 'koa-server-session/stores/sql';

const database = new DatabaseSync('app.db', {timeout: 1000});
const kysely = new Kysely({dialect: new SqliteDialect({database: nodeSqlite(database)})});
const store = new SqlStore(kysely);
await store.createTable();
*/
export const nodeSqlite = (database: NodeSqliteDatabase): SqliteDatabase => {
	const prepareNow = (sql: string) => {
		const statement = database.prepare(sql);
		// Kysely needs objects, whatever the database is set to.
		statement.setReturnArrays?.(false);
		return statement;
	};
	const prepare = keepPrepared((sql: string) => {
		const statement = prepareNow(sql);
		return {
			reader: statement.columns().length > 0,
			all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
			run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
			// One of its own: the walk would end if the kept one ran again.
			iterate: (parameters: readonly unknown[]) => prepareNow(sql).iterate(...values(parameters)),
		};
	});
	return {prepare, close: () => database.close()};
};

const values = (parameters: readonly unknown[]) => parameters as readonly NodeSqliteValue[];
