import type {QueryExecutorProvider} from 'kysely';
import {byName, checkInstalled, notLoaded} from '../shared/client-library.ts';

/** What `SqlStore` needs of a Kysely. Any `Kysely<Database>` fits, whatever its tables. */
export type SqlClient = QueryExecutorProvider;

/** Kysely itself, loaded when needed. That costs nothing if the application has loaded it already. In a `try`, so that bundlers pass over it where it isn't installed. */
export const loadKysely = async () => {
	checkInstalled('kysely');
	try {
		return byName(await import('kysely'), 'Kysely');
	} catch (cause) {
		throw notLoaded('kysely', cause);
	}
};
