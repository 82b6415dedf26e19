import type {QueryExecutorProvider} from 'kysely';
import {load} from '../shared/client-library.ts';

/** What `SqlStore` needs of a Kysely. Any `Kysely<Database>` fits, whatever its tables. */
export type SqlClient = QueryExecutorProvider;

/** Kysely itself: loaded when it is needed, which costs nothing where the application has done so. */
export const loadKysely = () => load('kysely', () => import('kysely'));
