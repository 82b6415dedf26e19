import {Socket} from 'node:net';
import type {Kysely} from 'kysely';
import {load} from '../shared/client-library.ts';
import {loadKysely} from './kysely.ts';
import {limitSilence} from './silence.ts';
import type {SqlUrl} from './url.ts';

/** Opens a pool of PostgreSQL. It connects when it is needed. */
export const openPostgres = async ({address, pool, connectTimeout, queryTimeout}: SqlUrl): Promise<Kysely<unknown>> => {
	const {Kysely, PostgresDialect} = await loadKysely();
	const {default: pg} = await load('pg', () => import('pg'));
	const clients = new pg.Pool({
		connectionString: address,
		max: pool,
		connectionTimeoutMillis: connectTimeout,
		statement_timeout: queryTimeout,
		// Before the silence of a connection that nobody uses gets too long.
		idleTimeoutMillis: queryTimeout,
		stream: () => limitSilence(new Socket(), queryTimeout),
	});
	// A connection that breaks fails its statement and is replaced when need be. Without listeners it would end the
	// process: that of the pool hears of idle ones, that of a connection of those in use.
	clients.on('error', () => {});
	clients.on('connect', client => client.on('error', () => {}));
	return new Kysely({dialect: new PostgresDialect({pool: clients})});
};
