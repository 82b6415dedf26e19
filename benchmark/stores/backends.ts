import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {sharedDynamo} from '../test/services/dynamodb.ts';
import {sharedMemcached} from '../test/services/memcached.ts';
import {sharedMongo} from '../test/services/mongodb.ts';
import {sharedMysql} from '../test/services/mysql.ts';
import {sharedPostgres} from '../test/services/postgres.ts';
import {sharedRedis} from '../test/services/redis.ts';
import type {OpenBare} from './bare/bare.ts';
import {bareDynamo} from './bare/dynamodb.ts';
import {bareFilesystem} from './bare/filesystem.ts';
import {bareMemcached} from './bare/memcached.ts';
import {bareMemory} from './bare/memory.ts';
import {bareMongo} from './bare/mongodb.ts';
import {bareRedis} from './bare/redis.ts';
import {bareMysql, barePostgres, bareSqlite} from './bare/sql.ts';

// dynalite takes any, but the client wants some.
process.env['AWS_ACCESS_KEY_ID'] ??= 'benchmark';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'benchmark';

/** Where sessions can be kept, and how to come by it. */
export type Backend = {
	readonly name: string;
	readonly schemes: readonly string[];

	/** Starts it, or finds it at its variable, as the tests do. */
	start(): Promise<{readonly url: string; stop(): Promise<void>}>;

	/** The URL of what the benchmark has for itself, there. */
	at(url: string, place: string): string;
	readonly openBare: OpenBare;

	/** What the bare client is. */
	readonly bare: string;

	/** How many records live at once while it is measured: some tenths of a second of work for each operation. */
	readonly records: number;
};

const here = {start: async () => ({url: '', stop: async () => {}})};

/** A folder that goes afterwards. */
const inFolder = (toUrl: (folder: string) => string) => async () => {
	const folder = await mkdtemp(join(tmpdir(), 'koa-server-session-benchmark-'));
	return {url: toUrl(folder), stop: () => rm(folder, {recursive: true})};
};

const withParameter = (name: string) => (url: string, place: string) =>
	`${url}${url.includes('?') ? '&' : '?'}${name}=${place}`;

const withTable = withParameter('table');
const asItIs = (url: string) => url;

export const backends: readonly Backend[] = [
	{
		...here,
		name: 'memory',
		schemes: ['memory'],
		at: () => 'memory:?maxEntries=2000000',
		openBare: bareMemory,
		bare: 'a Map',
		records: 2000,
	},
	{
		name: 'file',
		schemes: ['file'],
		start: inFolder(folder => `file:${folder}`),
		at: (url, place) => `${url}/${place}?threshold=100000000`,
		openBare: bareFilesystem,
		bare: 'files written in place',
		records: 400,
	},
	{
		name: 'redis',
		schemes: ['redis', 'rediss'],
		start: sharedRedis,
		at: asItIs,
		openBare: bareRedis,
		bare: 'ioredis',
		records: 1000,
	},
	{
		name: 'memcached',
		schemes: ['memcached'],
		start: sharedMemcached,
		at: asItIs,
		openBare: bareMemcached,
		bare: 'memcache-client',
		records: 1000,
	},
	{
		name: 'mongodb',
		schemes: ['mongodb', 'mongodb+srv'],
		start: sharedMongo,
		at: withParameter('collection'),
		openBare: bareMongo,
		bare: 'mongodb',
		records: 300,
	},
	{
		name: 'postgres',
		schemes: ['postgres', 'postgresql'],
		start: sharedPostgres,
		at: withTable,
		openBare: barePostgres,
		bare: 'pg',
		records: 500,
	},
	{
		name: 'mysql',
		schemes: ['mysql'],
		start: sharedMysql,
		at: withTable,
		openBare: bareMysql,
		bare: 'mysql2',
		records: 500,
	},
	{
		name: 'sqlite',
		schemes: ['sqlite'],
		start: inFolder(folder => `sqlite:${folder}/sessions.db`),
		at: withTable,
		openBare: bareSqlite,
		bare: 'node:sqlite',
		records: 1000,
	},
	{
		name: 'dynamodb',
		schemes: ['dynamodb'],
		start: sharedDynamo,
		at: (url, place) => url.replace(/^(dynamodb:\/\/[^/?]*)\/?[^/?]*/, `$1/${place}`),
		openBare: bareDynamo,
		bare: '@aws-sdk/client-dynamodb',
		records: 100,
	},
];

/** The backend of a URL, there already. */
export const backendOf = (url: string): Backend => {
	const scheme = url.slice(0, url.indexOf(':'));
	const backend = backends.find(({schemes}) => schemes.includes(scheme));
	if (!backend) throw new TypeError(`Expected the URL of a store that the benchmark knows, got one of \`${scheme}:\``);
	return {...backend, start: async () => ({url, stop: async () => {}})};
};
