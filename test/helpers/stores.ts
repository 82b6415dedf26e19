import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {Store} from '../../source/store.ts';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
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
	readonly races?: number;
};

/** Every store that keeps something. Scenarios run on each; a store added later is one entry more. */
export const storesUnderTest: readonly StoreUnderTest[] = [
	{name: 'memory', open: async () => new MemoryStore()},
	{
		name: 'filesystem',
		open: async t => new FilesystemStore({directory: await temporaryDirectory(t)}),
		url: async t => `file:${await temporaryDirectory(t)}`,
	},
	{
		name: 'mongodb',
		open: async t => mongodb.openStore(t, await mongodb.collectionUrl()),
		url: mongodb.collectionUrl,
	},
	{name: 'redis', open: async t => openStore(t, await redisUrl()), url: redisUrl},
	{
		name: 'memcached',
		open: async t => memcached.openStore(t, await memcached.memcachedUrl()),
		url: memcached.memcachedUrl,
	},
	{name: 'dynamodb', open: openTable, url: newTableUrl, races: 20},
];

/** A directory of its own, removed after the test. */
export const temporaryDirectory = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(join(tmpdir(), 'koa-server-session-'));
	t.teardown(() => rm(directory, {recursive: true, force: true}));
	return directory;
};
