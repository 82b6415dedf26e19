import {connect, type Socket} from 'node:net';
import type {Kysely} from 'kysely';
import {load} from '../shared/client-library.ts';
import {loadKysely} from './kysely.ts';
import {limitSilence} from './silence.ts';
import type {SqlUrl} from './url.ts';

/** The server's address, as mysql2 read it. */
type Place = {readonly config: {readonly socketPath?: string; readonly host: string; readonly port: number}};

/** How many statements may wait for a connection. Without a limit, a server that hangs would let them fill the memory. */
const longestQueue = 1000;

/** Opens a pool for MySQL or MariaDB. It connects when needed. */
export const openMysql = async ({address, pool, connectTimeout, queryTimeout}: SqlUrl): Promise<Kysely<unknown>> => {
	const {CompiledQuery, Kysely, MysqlDialect} = await loadKysely();
	const {default: mysql} = await load('mysql2', () => import('mysql2'));

	const reach = ({config: {socketPath, host, port}}: Place): Socket => {
		const socket = connect(socketPath === undefined ? {host, port, noDelay: true} : {path: socketPath});
		return limitSilence(socket, queryTimeout);
	};
	const connections = mysql.createPool({
		uri: address,
		connectionLimit: pool,
		queueLimit: longestQueue,
		connectTimeout,
		// Before an unused connection counts as silent. The pool checks once a second.
		maxIdle: 0,
		idleTimeout: queryTimeout / 2,
		stream: reach,
	});

	const lockSeconds = Math.ceil(queryTimeout / 1000);
	const limitLocks = `set session innodb_lock_wait_timeout = ${lockSeconds}, lock_wait_timeout = ${lockSeconds}`;
	return new Kysely({
		dialect: new MysqlDialect({
			pool: connections,
			async onCreateConnection(connection) {
				await connection.executeQuery(CompiledQuery.raw(limitLocks));
			},
		}),
	});
};
