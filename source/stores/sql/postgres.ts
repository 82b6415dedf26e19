import {createHash} from 'node:crypto';
import {Socket} from 'node:net';
import type {Kysely, PostgresPool, PostgresPoolClient} from 'kysely';
import type {Pool, PoolClient} from 'pg';
import {checkInstalled, notLoaded} from '../shared/client-library.ts';
import {isRefusedSetting, isUnprepared} from './errors.ts';
import {Freshness} from './freshness.ts';
import {loadKysely} from './kysely.ts';
import {limitSilence} from './silence.ts';
import type {SqlUrl} from './url.ts';

/** In a `try`, so that bundlers pass over it where it isn't installed. */
const loadLibrary = async () => {
	checkInstalled('pg');
	try {
		return await import('pg');
	} catch (cause) {
		throw notLoaded('pg', cause);
	}
};

/** Opens a pool for PostgreSQL. It connects when needed. */
export const openPostgres = async ({address, pool, connectTimeout, queryTimeout}: SqlUrl): Promise<Kysely<unknown>> => {
	const {Kysely, PostgresDialect} = await loadKysely();
	const {default: pg} = await loadLibrary();
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
	return new Kysely({dialect: new PostgresDialect({pool: onlyFresh(clients)})});
};

/** Lends only connections that may still be used. */
const onlyFresh = (pool: Pool): PostgresPool => {
	const ask = askPrepared();
	const freshness = new Freshness(
		(client: PoolClient): PostgresPoolClient =>
			Object.assign(Object.create(client), {
				query: (sql: string, parameters: unknown[]) => freshness.send(client, () => ask(client, sql, parameters)),
				release: () => client.release(!freshness.isFresh(client)),
			}),
	);
	return {
		options: pool.options,
		async connect() {
			for (;;) {
				const client = await connect(pool);
				const lent = freshness.lend(client);
				if (lent) return lent;
				client.release(true);
			}
		},
		end: () => pool.end(),
	};
};

/** More than a store has. Those after them are parsed each time. */
const mostPrepared = 32;

/** As many as a create has. More has only the deletion of many keys, whose text is another one for each number of keys. */
const mostParameters = 12;

/** Sends statements, each by a name, so that each connection of the server parses and plans it once. */
const askPrepared = () => {
	const names = new Map<string, string>();
	const nameOf = (text: string): string | undefined => {
		const known = names.get(text);
		if (known !== undefined || names.size === mostPrepared) return known;
		// A proxy may lend others the same connection: the name has to be this statement's alone.
		const name = createHash('sha256').update(text).digest('base64url');
		names.set(text, name);
		return name;
	};

	let isPossible = true;
	return async (client: PoolClient, text: string, values: unknown[]) => {
		const name = isPossible && values.length <= mostParameters ? nameOf(text) : undefined;
		if (name === undefined) return client.query(text, values);
		try {
			return await client.query({name, text, values});
		} catch (error) {
			if (!isUnprepared(error)) throw error;
			isPossible = false;
			return client.query(text, values);
		}
	};
};

/**
PgBouncer refuses a connection that asks for a setting. It then goes without: the connection itself still has a limit.

Not a `set` instead, which PgBouncer would hand on to the next client that gets the connection to the server.
*/
const connect = async (pool: Pool): Promise<PoolClient> => {
	try {
		return await pool.connect();
	} catch (error) {
		if (!isRefusedSetting(error, 'statement_timeout')) throw error;
		pool.options.statement_timeout = false;
		return pool.connect();
	}
};
