import type {QueryExecutorProvider} from 'kysely';
import {load} from '../shared/client-library.ts';

/** What `SqlStore` needs of a Kysely. Any `Kysely<Database>` fits, whatever its tables. */
export type SqlClient = QueryExecutorProvider;

/** Kysely itself, loaded when needed. That costs nothing if the application has loaded it already. */
export const loadKysely = () => load('kysely', () => import('kysely'));
