import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {Store} from '../../source/store.ts';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {SqlStore} from '../../source/stores/sql.ts';
import {openStore, redisUrl} from './redis.ts';
import {mysqlUrl, postgresUrl, tableUrl} from './sql.ts';

/** A store to run scenarios on. */
export type StoreUnderTest = {
	readonly name: string;
	open(t: ExecutionContext): Promise<Store>;

	/** Where several processes find one such store, as `open()` understands it. Absent where they can't share it. */
	url?(t: ExecutionContext): Promise<string>;
};

/** A store that opens its own client. */
const sqlStore = (name: string, url: (t: ExecutionContext) => Promise<string>): StoreUnderTest => ({
	name,
	url,
	async open(t) {
		const store = new SqlStore(await url(t));
		t.teardown(() => store.close());
		return store;
	},
});

/** Every store that keeps something. Scenarios run on each; a store added later is one entry more. */
export const storesUnderTest: readonly StoreUnderTest[] = [
	{name: 'memory', open: async () => new MemoryStore()},
	{
		name: 'filesystem',
		open: async t => new FilesystemStore({directory: await temporaryDirectory(t)}),
		url: async t => `file:${await temporaryDirectory(t)}`,
	},
	{name: 'redis', open: async t => openStore(t, await redisUrl()), url: redisUrl},
	sqlStore('postgres', async t => `${await tableUrl(t, await postgresUrl())}&pool=5`),
	sqlStore('mysql', async t => `${await tableUrl(t, await mysqlUrl())}&pool=5`),
	sqlStore('sqlite', async t => `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`),
];

/** A directory of its own, removed after the test. */
export const temporaryDirectory = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(join(tmpdir(), 'koa-server-session-'));
	t.teardown(() => rm(directory, {recursive: true, force: true}));
	return directory;
};
