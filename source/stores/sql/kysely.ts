import type {QueryExecutorProvider} from 'kysely';
import {SessionError} from '../../errors.ts';
import {load} from '../shared/client-library.ts';

/** What `SqlStore` needs of a Kysely. Any `Kysely<Database>` fits, whatever its tables. */
export type SqlClient = QueryExecutorProvider;

/**
Kysely itself, loaded when needed. That costs nothing if the application has loaded it already.

@throws SessionError If it isn't installed, or is too old.
*/
export const loadKysely = async () => {
	const kysely = await load('kysely', () => import('kysely'));
	if (kysely.QueryCreator && kysely.SchemaModule) return kysely;
	throw new SessionError('ERR_SESSION_STORE_URL', 'Expected `kysely` 0.27 or newer. Run `npm install kysely@latest`');
};
