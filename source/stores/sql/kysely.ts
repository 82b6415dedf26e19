import {load} from '../client-library.ts';

/** Kysely itself: loaded when it is needed, which costs nothing where the application has done so. */
export const loadKysely = () => load('kysely', () => import('kysely'));
