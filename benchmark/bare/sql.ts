import {DatabaseSync, type SQLInputValue} from 'node:sqlite';
import mysql from 'mysql2/promise';
import pg from 'pg';
import {parseSqlUrl} from '../../source/stores/sql/url.ts';
import type {Bare, OpenBare} from './bare.ts';

type Run = (sql: string, values: readonly (string | number | Buffer | null)[]) => Promise<readonly unknown[]>;

/** The store's own statements, on its own table, but by the driver alone. Of create, what a conflict would need is left out. */
const statements = (table: string, quote: (name: string) => string, run: Run, close: () => Promise<void>): Bare => {
	const key = quote('key');
	const version = Buffer.alloc(8);
	const columns = 'version, expires_at, subject, data';
	return {
		create: (name, bytes, expiresAt) =>
			run(`insert into ${table} (${key}, ${columns}) values (?, ?, ?, ?, ?)`, [name, version, expiresAt, null, bytes]),
		async read(name) {
			const sql = `select ${columns} from ${table} where ${key} = ? and expires_at > ?`;
			const [row] = (await run(sql, [name, Date.now()])) as {data: Uint8Array}[];
			return row?.data;
		},
		update: (name, bytes, expiresAt) =>
			run(
				`update ${table} set version = ?, expires_at = ?, subject = ?, data = ? where ${key} = ? and expires_at > ? and version = ?`,
				[version, expiresAt, null, bytes, name, Date.now(), version],
			),
		touch: (name, expiresAt) =>
			run(`update ${table} set expires_at = ? where ${key} = ? and expires_at > ?`, [expiresAt, name, Date.now()]),
		destroy: name => run(`delete from ${table} where ${key} = ?`, [name]),
		close,
	};
};

/** PostgreSQL numbers the places of values. */
const numbered = (sql: string): string => {
	let place = 0;
	return sql.replaceAll('?', () => `$${++place}`);
};

export const barePostgres: OpenBare = async url => {
	const {address, pool: max, table} = parseSqlUrl(url);
	const pool = new pg.Pool({connectionString: address, max});
	const texts = new Map<string, string>();
	const textOf = (sql: string): string => {
		const text = texts.get(sql) ?? numbered(sql);
		texts.set(sql, text);
		return text;
	};
	const run: Run = async (sql, values) => (await pool.query(textOf(sql), [...values])).rows;
	return statements(
		table,
		name => `"${name}"`,
		run,
		() => pool.end(),
	);
};

export const bareMysql: OpenBare = async url => {
	const {address, pool: connectionLimit, table} = parseSqlUrl(url);
	const pool = mysql.createPool({uri: address, connectionLimit});
	const run: Run = async (sql, values) => {
		const [rows] = await pool.query(sql, [...values]);
		return Array.isArray(rows) ? rows : [];
	};
	return statements(
		table,
		name => `\`${name}\``,
		run,
		() => pool.end(),
	);
};

/** Each statement is prepared once. */
export const bareSqlite: OpenBare = async url => {
	const {address, table} = parseSqlUrl(url);
	const database = new DatabaseSync(address, {timeout: 1000});
	database.exec('pragma journal_mode = wal; pragma synchronous = normal');
	const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
	const run: Run = async (sql, values) => {
		const statement = prepared.get(sql) ?? database.prepare(sql);
		prepared.set(sql, statement);
		const given: SQLInputValue[] = [...values];
		if (sql.startsWith('select')) return statement.all(...given);
		statement.run(...given);
		return [];
	};
	return statements(
		table,
		name => `"${name}"`,
		run,
		async () => database.close(),
	);
};
