import {connect, type Socket} from 'node:net';
import type {Kysely, MysqlPool, MysqlPoolConnection} from 'kysely';
import type {Pool, PoolConnection} from 'mysql2';
import {SessionError} from '../../errors.ts';
import {checkInstalled, notLoaded} from '../shared/client-library.ts';
import {tooLarge} from './errors.ts';
import {Freshness} from './freshness.ts';
import {loadKysely, type SqlClient} from './kysely.ts';
import {readNumber, valuesOf} from './reply.ts';
import type {NewRow} from './row.ts';
import {limitSilence} from './silence.ts';
import type {SqlUrl} from './url.ts';

/** The server's address, as mysql2 read it. */
type Place = {readonly config: {readonly socketPath?: string; readonly host: string; readonly port: number}};

/** How many statements may wait for a connection. Without a limit, a server that hangs would let them fill the memory. */
const longestQueue = 1000;

/** With this mode, the server takes a backslash for itself, but mysql2 escapes quotes by one: a subject could hold SQL. */
const unsafeMode = 'NO_BACKSLASH_ESCAPES';

/**
Checks the settings without which nothing is stored, or anything may be.

@throws SessionError If the server doesn't commit the statements of this client automatically, or misreads its quotes.
*/
export const checkSettings = async (client: SqlClient): Promise<void> => {
	if ((await readSetting(client, '@@autocommit')) !== 1) {
		throw wrongSetting('`autocommit` is off', 'so nothing would be stored. Turn it on (`set autocommit = 1`)');
	}

	if ((await readSetting(client, `find_in_set('${unsafeMode}', @@sql_mode)`)) !== 0) {
		throw wrongSetting(`\`sql_mode\` has \`${unsafeMode}\``, 'so mysql2 would quote texts wrongly. Remove it there');
	}
};

const wrongSetting = (what: string, remedy: string) =>
	new SessionError(
		'ERR_SESSION_STORE',
		`${what} on the connections of the Kysely, ${remedy}, or give the store a Kysely of its own or a URL`,
	);

/** In a `try`, so that bundlers pass over it where it isn't installed. */
const loadLibrary = async () => {
	checkInstalled('mysql2');
	try {
		return await import('mysql2');
	} catch (cause) {
		throw notLoaded('mysql2', cause);
	}
};

/**
A server that finds a statement too large closes the connection, and its reason rarely arrives.

@throws SessionError If that is why a row couldn't be written.
*/
export const checkSize = async (client: SqlClient, {data, subject}: Omit<NewRow, 'key'>): Promise<void> => {
	const limit = await readSetting(client, '@@max_allowed_packet').catch(() => Number.POSITIVE_INFINITY);
	// A statement spells a byte as two characters.
	if (2 * (data.length + (subject?.length ?? 0)) > limit) throw tooLarge();
};

const readSetting = async (client: SqlClient, setting: string): Promise<number> => {
	const {CompiledQuery} = await loadKysely();
	// A number, where MariaDB would spell a setting as `ON`.
	const query = CompiledQuery.raw(`select concat(${setting} + 0) as setting`);
	const {rows} = await client.getExecutor().executeQuery(query);
	return readNumber(valuesOf(rows[0])[0]);
};

/** Opens a pool for MySQL or MariaDB. It connects when needed. */
export const openMysql = async ({address, pool, connectTimeout, queryTimeout}: SqlUrl): Promise<Kysely<unknown>> => {
	const {Kysely, MysqlDialect} = await loadKysely();
	const {default: mysql} = await loadLibrary();

	const reach = ({config: {socketPath, host, port}}: Place): Socket => {
		const socket = connect(socketPath === undefined ? {host, port, noDelay: true} : {path: socketPath});
		return limitSilence(socket, queryTimeout);
	};
	const connections = mysql.createPool({
		uri: address,
		connectionLimit: pool,
		queueLimit: longestQueue,
		connectTimeout,
		// No `maxIdle`: each second, the pool would close the free connections beyond that, even those just used.
		// `limitSilence()` closes what nobody uses.
		stream: reach,
	});

	const lockSeconds = Math.ceil(queryTimeout / 1000);
	const mode = `trim(both ',' from replace(concat(',', @@sql_mode, ','), ',${unsafeMode},', ','))`;
	const settings = `set session autocommit = 1, sql_mode = ${mode}, innodb_lock_wait_timeout = ${lockSeconds}, lock_wait_timeout = ${lockSeconds}`;
	return new Kysely({dialect: new MysqlDialect({pool: onlyFresh(connections, settings)})});
};

type Callback = Parameters<MysqlPool['getConnection']>[0];

/**
Lends only connections that may still be used.

@param settings Sent once on each connection. Not by Kysely's `onCreateConnection`: if the server refused them, Kysely would
never return the connection to the pool.
*/
const onlyFresh = (pool: Pool, settings: string): MysqlPool => {
	const freshness = new Freshness(
		(connection: PoolConnection): MysqlPoolConnection =>
			Object.assign(Object.create(connection), {
				query(sql: string, parameters: unknown[], callback: (error: unknown, result?: unknown) => void) {
					freshness
						.send(connection, () => ask(connection, sql, parameters))
						.then(result => callback(null, result), callback);
				},
				release: () => (freshness.isFresh(connection) ? connection.release() : connection.destroy()),
			}),
	);
	const ready = new WeakSet<PoolConnection>();
	const getConnection = (callback: Callback): void =>
		pool.getConnection((error, connection) => {
			if (error) return callback(error, connection);
			const lent = freshness.lend(connection);
			if (!lent) {
				connection.destroy();
				return getConnection(callback);
			}
			if (ready.has(connection)) return callback(null, lent);

			const lend = () => {
				ready.add(connection);
				callback(null, lent);
			};
			const giveUp = (error: unknown) => {
				connection.destroy();
				callback(error, lent);
			};
			freshness.send(connection, () => ask(connection, settings, [])).then(lend, giveUp);
		});
	return {getConnection, end: callback => pool.end(callback)};
};

/**
Not by `execute()`, which would send 392 bytes instead of 818 for an update, but no fewer packets. mysql2 sends its numbers as
floating point, which MySQL 8 refuses in a `limit`.
*/
const ask = (connection: PoolConnection, sql: string, parameters: unknown[]): Promise<unknown> =>
	new Promise((resolve, reject) => {
		connection.query(sql, parameters, (error, result) => (error ? reject(error) : resolve(result)));
	});
