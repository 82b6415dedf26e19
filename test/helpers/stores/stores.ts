import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {Store} from '../../../source/store.ts';
import {FilesystemStore} from '../../../source/stores/filesystem.ts';
import {MemoryStore} from '../../../source/stores/memory.ts';
import {runs} from '../runs.ts';
import {newTableUrl, openTable} from './dynamodb.ts';
import * as memcached from './memcached.ts';
import * as mongodb from './mongodb.ts';
import {openStore, redisUrl} from './redis.ts';

/** A store to run scenarios on. */
export type StoreUnderTest = {
	readonly name: string;
	open(t: ExecutionContext): Promise<Store>;

	/** Where several processes find one such store, as `open()` understands it. Absent where they can't share it. */
	url?(t: ExecutionContext): Promise<string>;

	/** How many random orders a race is held in: fewer where a call costs milliseconds. */
	readonly races: number;
};

/** Three client libraries, which take a second to load: only for tests that need them. */
const sql = () => import('./sql.ts');

const sqliteUrl = async (t: ExecutionContext): Promise<string> =>
	`sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;

/** Orders are a matter of the requests, so most are tried where they cost least; the others show their compare-and-swap. */
const [most, many, few] = [runs(60, 1000), runs(10, 200), runs(4, 50)];

/** Every store that keeps something. Scenarios run on each; a store added later is one entry more. */
export const storesUnderTest: readonly StoreUnderTest[] = [
	{name: 'memory', open: async () => new MemoryStore(), races: most},
	{
		name: 'filesystem',
		open: async t => new FilesystemStore({directory: await temporaryDirectory(t)}),
		url: async t => `file:${await temporaryDirectory(t)}`,
		races: many,
	},
	{name: 'redis', open: async t => openStore(t, await redisUrl()), url: redisUrl, races: many},
	{
		name: 'memcached',
		open: async t => memcached.openStore(t, await memcached.memcachedUrl()),
		url: memcached.memcachedUrl,
		races: many,
	},
	{
		name: 'mongodb',
		open: async t => mongodb.openStore(t, await mongodb.collectionUrl()),
		url: mongodb.collectionUrl,
		races: many,
	},
	{
		name: 'postgres',
		open: async t => (await sql()).sharedStore(t, 'postgres'),
		url: async t => (await sql()).tableUrl(t, 'postgres'),
		races: few,
	},
	{
		name: 'mysql',
		open: async t => (await sql()).sharedStore(t, 'mysql'),
		url: async t => (await sql()).tableUrl(t, 'mysql'),
		races: few,
	},
	{
		name: 'sqlite',
		open: async t => (await sql()).openUrl(t, await sqliteUrl(t)),
		url: sqliteUrl,
		races: many,
	},
	{name: 'dynamodb', open: openTable, url: newTableUrl, races: few},
];

/** A directory of its own, removed after the test. */
export const temporaryDirectory = async (t: Pick<ExecutionContext, 'teardown'>): Promise<string> => {
	const directory = await mkdtemp(join(tmpdir(), 'koa-server-session-'));
	t.teardown(() => rm(directory, {recursive: true, force: true, maxRetries: 3}));
	return directory;
};
