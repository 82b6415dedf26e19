import {mkdir, readFile, rename, unlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {DatabaseSync, type SQLInputValue} from 'node:sqlite';
import {
	DeleteItemCommand,
	DynamoDBClient,
	GetItemCommand,
	PutItemCommand,
	UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {MemcacheClient} from 'memcache-client';
import {MongoClient} from 'mongodb';
import mysql from 'mysql2/promise';
import pg from 'pg';
import {parseDynamoUrl} from '../../source/stores/dynamodb/url.ts';
import {parseMemcachedUrl} from '../../source/stores/memcached/url.ts';
import {openRedis} from '../../source/stores/redis/opening.ts';
import {parseRedisUrl} from '../../source/stores/redis/url.ts';
import {parseStoreUrl} from '../../source/stores/shared/store-url.ts';
import {parseSqlUrl} from '../../source/stores/sql/url.ts';

/** A client without this library: it handles the same bytes with the fewest and cheapest commands. */
export type BareClient = {
	create(key: string, bytes: Buffer, expiresAt: number): Promise<unknown>;
	read(key: string): Promise<Uint8Array | undefined>;
	update(key: string, bytes: Buffer, expiresAt: number): Promise<unknown>;
	touch(key: string, expiresAt: number): Promise<unknown>;
	destroy(key: string): Promise<unknown>;
	close(): Promise<unknown>;
};

/** Opens a client with the same settings as the store's. */
export type OpenBareClient = (url: string) => Promise<BareClient>;

/** A `Map`. It copies nothing. */
export const bareMemory: OpenBareClient = async () => {
	const records = new Map<string, Buffer>();
	const set = async (key: string, bytes: Buffer) => records.set(key, bytes);
	return {
		create: set,
		read: async key => records.get(key),
		update: set,
		touch: async key => records.has(key),
		destroy: async key => records.delete(key),
		close: async () => {},
	};
};

/** One file per key, written under another name and renamed. Parallel changes are lost. */
export const bareFilesystem: OpenBareClient = async url => {
	const directory = join(url.slice('file:'.length), 'bare');
	await mkdir(directory, {recursive: true});
	const path = (key: string) => join(directory, key.replaceAll(':', '-'));
	let writes = 0;
	const write = async (key: string, bytes: Buffer) => {
		const written = `${path(key)}.${++writes}`;
		await writeFile(written, bytes);
		await rename(written, path(key));
	};
	return {
		create: write,
		read: key => readFile(path(key)).catch(() => undefined),
		update: write,
		touch: (key, expiresAt) => utimes(path(key), expiresAt / 1000, expiresAt / 1000),
		destroy: key => unlink(path(key)),
		close: async () => {},
	};
};

/** `SET PX`, `GET`, `PEXPIRE` and `DEL`, on a client opened like the store's. */
export const bareRedis: OpenBareClient = async url => {
	const client = await openRedis(parseRedisUrl(url), () => undefined);
	const set = (key: string, bytes: Buffer, expiresAt: number) => client.set(key, bytes, 'PX', expiresAt - Date.now());
	return {
		create: set,
		read: async key => (await client.getBuffer(key)) ?? undefined,
		update: set,
		touch: (key, expiresAt) => client.pexpire(key, expiresAt - Date.now()),
		destroy: key => client.del(key),
		close: () => client.quit(),
	};
};

/** `add`, `get`, `set`, `touch` and `delete`. */
export const bareMemcached: OpenBareClient = async url => {
	const {servers, cmdTimeout, connectTimeout, maxConnections} = parseMemcachedUrl(url);
	const [server = ''] = servers;
	const client = new MemcacheClient({server: {server, maxConnections}, cmdTimeout, connectTimeout, noDelay: true});
	const lifetime = (expiresAt: number) => Math.ceil((expiresAt - Date.now()) / 1000);
	return {
		create: (key, bytes, expiresAt) => client.add(key, bytes, {lifetime: lifetime(expiresAt)}),
		async read(key) {
			const {value} = (await client.get<Buffer>(key)) ?? {};
			return value;
		},
		update: (key, bytes, expiresAt) => client.set(key, bytes, {lifetime: lifetime(expiresAt)}),
		touch: (key, expiresAt) => client.touch(key, String(lifetime(expiresAt))),
		destroy: key => client.delete(key),
		close: async () => client.shutdown(),
	};
};

type Document = {_id: string; bytes: Buffer; expiresAt: Date};

/** `insertOne`, `findOne`, `replaceOne`, `updateOne` and `deleteOne`, all by the key alone. */
export const bareMongo: OpenBareClient = async url => {
	const {searchParams} = new URL(url);
	const [address] = url.split('?');
	const client = await new MongoClient(address ?? url).connect();
	const sessions = client.db('koa_session').collection<Document>(searchParams.get('collection') ?? 'sessions');
	return {
		create: (key, bytes, expiresAt) => sessions.insertOne({_id: key, bytes, expiresAt: new Date(expiresAt)}),
		async read(key) {
			const document = await sessions.findOne({_id: key}, {promoteBuffers: true});
			return document?.bytes;
		},
		update: (key, bytes, expiresAt) => sessions.replaceOne({_id: key}, {bytes, expiresAt: new Date(expiresAt)}),
		touch: (key, expiresAt) => sessions.updateOne({_id: key}, {$set: {expiresAt: new Date(expiresAt)}}),
		destroy: key => sessions.deleteOne({_id: key}),
		close: () => client.close(),
	};
};

type Run = (sql: string, values: readonly (string | number | Buffer | null)[]) => Promise<readonly unknown[]>;

/** The store's statements on the store's table, but with the driver alone, and without handling conflicts in create. */
const statements = (
	table: string,
	quote: (name: string) => string,
	run: Run,
	close: () => Promise<void>,
): BareClient => {
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

/** PostgreSQL numbers its placeholders. */
const numbered = (sql: string): string => {
	let place = 0;
	return sql.replaceAll('?', () => `$${++place}`);
};

export const barePostgres: OpenBareClient = async url => {
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

export const bareMysql: OpenBareClient = async url => {
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

/** Prepares each statement once. */
export const bareSqlite: OpenBareClient = async url => {
	const {address, table} = parseSqlUrl(url);
	const database = new DatabaseSync(address, {timeout: 1000});
	database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 100');
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

/** `PutItem`, `GetItem` with a consistent read, `UpdateItem` and `DeleteItem`, all without conditions. */
export const bareDynamo: OpenBareClient = async url => {
	const {region = '', endpoint = '', table: TableName} = parseDynamoUrl(parseStoreUrl(url));
	const client = new DynamoDBClient({
		...(region !== '' && {region}),
		...(endpoint !== '' && {endpoint}),
		requestHandler: {connectionTimeout: 2000},
	});
	const keyOf = (key: string) => ({key: {S: key}});
	const put = (key: string, bytes: Buffer, expiresAt: number) =>
		client.send(new PutItemCommand({TableName, Item: {...keyOf(key), bytes: {B: bytes}, ...ends(expiresAt)}}));
	const ends = (expiresAt: number) => ({expires_at_seconds: {N: String(Math.ceil(expiresAt / 1000))}});
	return {
		create: put,
		async read(key) {
			const {Item} = await client.send(new GetItemCommand({TableName, Key: keyOf(key), ConsistentRead: true}));
			return Item?.['bytes']?.B;
		},
		update: put,
		touch: (key, expiresAt) =>
			client.send(
				new UpdateItemCommand({
					TableName,
					Key: keyOf(key),
					UpdateExpression: 'SET expires_at_seconds = :seconds',
					ExpressionAttributeValues: {':seconds': ends(expiresAt).expires_at_seconds},
				}),
			),
		destroy: key => client.send(new DeleteItemCommand({TableName, Key: keyOf(key)})),
		close: async () => client.destroy(),
	};
};
