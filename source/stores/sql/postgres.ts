import {Socket} from 'node:net';
import type {Kysely} from 'kysely';
import {load} from '../shared/client-library.ts';
import {loadKysely} from './kysely.ts';
import {limitSilence} from './silence.ts';
import type {SqlUrl} from './url.ts';

/** Opens a pool for PostgreSQL. It connects when needed. */
export const openPostgres = async ({address, pool, connectTimeout, queryTimeout}: SqlUrl): Promise<Kysely<unknown>> => {
	const {Kysely, PostgresDialect} = await loadKysely();
	const {default: pg} = await load('pg', () => import('pg'));
	const clients = new pg.Pool({
		connectionString: address,
		max: pool,
		connectionTimeoutMillis: connectTimeout,
		statement_timeout: queryTimeout,
		// Before an unused connection counts as silent.
		idleTimeoutMillis: queryTimeout,
		stream: () => limitSilence(new Socket(), queryTimeout),
	});
	// A connection that breaks fails its statement, and the pool replaces it. Without listeners it would also end the
	// process: the pool reports idle connections, and each connection reports itself while it is in use.
	clients.on('error', () => {});
	clients.on('connect', client => client.on('error', () => {}));
	return new Kysely({dialect: new PostgresDialect({pool: clients})});
};
