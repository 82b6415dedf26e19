import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {sharedDynamo} from '../../test/services/dynamodb.ts';
import {sharedMemcached} from '../../test/services/memcached.ts';
import {sharedMongo} from '../../test/services/mongodb.ts';
import {sharedMysql} from '../../test/services/mysql.ts';
import {sharedPostgres} from '../../test/services/postgres.ts';
import {sharedRedis} from '../../test/services/redis.ts';
import {
	bareDynamo,
	bareFilesystem,
	bareMemcached,
	bareMemory,
	bareMongo,
	bareMysql,
	barePostgres,
	bareRedis,
	bareSqlite,
	type OpenBareClient,
} from './bare-clients.ts';

// dynalite accepts any credentials, but the client needs some.
process.env['AWS_ACCESS_KEY_ID'] ??= 'benchmark';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'benchmark';

/** Where sessions can be stored. */
export type Backend = {
	readonly name: string;
	readonly schemes: readonly string[];

	/** Starts it, or finds it by its environment variable, as the tests do. */
	start(): Promise<{readonly url: string; stop(): Promise<void>}>;

	/** The URL of the benchmark's own place there, such as a table. */
	at(url: string, place: string): string;
	readonly openBare: OpenBareClient;

	/** What the bare client is called. */
	readonly bare: string;

	/** The least share of its throughput that the store is to reach, if the bare client serialises too. @default 0.85 */
	readonly target?: number;

	/** How many records each operation handles: some tenths of a second of work. */
	readonly records: number;
};

const here = {start: async () => ({url: '', stop: async () => {}})};

/** A folder that is removed afterwards. */
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
		at: (url, place) => `${url}/${place}?pruneEvery=0`,
		openBare: bareFilesystem,
		bare: 'files written and renamed',
		// A compare-and-swap takes a second name for the file, and a look at what it replaces.
		target: 0.5,
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

/** The backend of a URL, which is running already. */
export const backendOf = (url: string): Backend => {
	const scheme = url.slice(0, url.indexOf(':'));
	const backend = backends.find(({schemes}) => schemes.includes(scheme));
	if (!backend) throw new TypeError(`Expected the URL of a known store, got one that begins with \`${scheme}:\``);
	return {...backend, start: async () => ({url, stop: async () => {}})};
};
