import {fileURLToPath} from 'node:url';
import type {Store} from '../store.ts';
import {parseDynamoUrl} from './dynamodb/url.ts';
import {parseMemcachedUrl} from './memcached/url.ts';
import {parseMongoUrl} from './mongodb/url.ts';
import {NullStore} from './null.ts';
import {parseRedisUrl} from './redis/url.ts';
import {checkInstalled} from './shared/client-library.ts';
import {
	checkEmpty,
	checkParameters,
	creates,
	list,
	type Opener,
	parseStoreUrl,
	type StoreUrl,
	wrongUrl,
} from './shared/store-url.ts';
import {librariesFor} from './sql/url.ts';

/**
Opens the store that a URL names.

- `null:`
- `memory:`, with `?maxEntries=10000`
- `file:./sessions`, relative to the working directory, or `file:///var/lib/sessions`; with `?mode=600` (octal)
  and `?pruneEvery=100` (creates)
- `redis://…` and `rediss://…` with TLS, with `/1` or `?db=1` for a database, `?connectTimeout=2000` and
  `?commandTimeout=5000` (milliseconds); needs `npm install ioredis`
- `redis+cluster://one:6379,two:6379` and `rediss+cluster://…`, with some of the nodes; the client learns the others from them
- `redis+sentinel://one:26379,two:26379/mymaster`, with the master's name in the sentinels, and `/1` for a database;
  all of these take the same two parameters, and `?keyPrefix=shop:`; sentinels with a login of their own take
  `?sentinelPassword=…` and `?sentinelUsername=…`
- `memcached://one:11211,two:11211`, with `?cmdTimeout=1000`, `?connectTimeout=1000` (milliseconds), `?maxConnections=4`
  and `?maxItemSize=1048576`; needs `npm install memcache-client`
- `mongodb://…/koa_session` and `mongodb+srv://…`, as the driver reads them, `?collection=sessions` and
  `?pruneEvery=100` (creates); needs `npm install mongodb`
- `dynamodb://eu-central-1/sessions`, or `dynamodb:///sessions` for the region of the environment; with
  `?endpoint=http://127.0.0.1:8000`, `?connectTimeout=1000`, `?commandTimeout=5000` (milliseconds, retries included) and
  `?pool=50` (connections); needs `npm install @aws-sdk/client-dynamodb`
- `postgres://…` or `postgresql://…`, which needs `npm install kysely pg`, and `mysql://…`, also for MariaDB, which needs
  `npm install kysely mysql2`; as the client library reads them, with `?table=sessions`, `?pool=10` (connections),
  `?connectTimeout=2000` and `?queryTimeout=5000` (milliseconds), and `?pruneEvery=100` (creates). The table must exist, see `SqlStore`
- `sqlite:./sessions.db`, `sqlite:///var/lib/sessions.db` or `sqlite::memory:`, with `?table=sessions` and `?pruneEvery=100`; needs
  `npm install kysely`, and before Node 22.16 also `better-sqlite3`. Creates its file, readable by the user of this process
  alone, and its table

Close the store yourself: `sessions.close()` closes only what the middleware opened. Rejects with what `checkUrl()` throws.

@example
import session from 'koa-server-session';
import {open} from 'koa-server-session/stores/open';

const store = await open(process.env.STORE ?? 'file:./sessions');
app.use(session(app, {store}));

// Once the server has closed:
await store.close?.();
*/
export const open = async (url: string): Promise<Store> => read(url)();

/**
Checks whether `open()` can open a URL, without connecting to anything.

@throws SessionError `ERR_SESSION_STORE_URL` for an unknown scheme or parameter, or a client library that is missing.
*/
export const checkUrl = (url: string): void => {
	read(url);
};

const read = (url: string): Opener => {
	const location = parseStoreUrl(url);
	const toOpener = schemes.get(location?.scheme ?? '');
	if (location && toOpener) return toOpener(location);

	const known = list([...schemes.keys()].map(name => `${name}:`));
	const got = location ? `\`${location.scheme}:\`` : 'no scheme';
	const remedy = /^[./]/.test(url) ? '. For a directory, write `file:` first' : '';
	throw wrongUrl(`to begin with one of ${known}, got ${got}${remedy}`);
};

const toNull = (location: StoreUrl): Opener => {
	checkEmpty(location);
	checkParameters(location, {});
	return async () => new NullStore();
};

const toMemory = (location: StoreUrl): Opener => {
	checkEmpty(location);
	checkParameters(location, {maxEntries: {form: /^[1-9]\d{0,14}$/, example: '10000'}});
	const maxEntries = location.query.get('maxEntries');
	return async () => {
		const {MemoryStore} = await import('./memory.ts');
		return new MemoryStore(maxEntries === null ? {} : {maxEntries: Number(maxEntries)});
	};
};

const toFilesystem = (location: StoreUrl): Opener => {
	checkParameters(location, {
		mode: {form: /^0?6[0246]{2}$/, example: '600'},
		pruneEvery: creates,
	});
	const {query} = location;
	const directory = toDirectory(location);
	const [mode, pruneEvery] = [query.get('mode'), query.get('pruneEvery')];
	return async () => {
		const {FilesystemStore} = await import('./filesystem.ts');
		return new FilesystemStore({
			directory,
			...(mode === null ? {} : {mode: Number.parseInt(mode, 8)}),
			...(pruneEvery === null ? {} : {pruneEvery: Number(pruneEvery)}),
		});
	};
};

const toRedis = ({url}: StoreUrl): Opener => {
	parseRedisUrl(url);
	checkInstalled('ioredis');
	return async () => {
		const {RedisStore} = await import('./redis.ts');
		return new RedisStore(url);
	};
};

const toMemcached = ({url}: StoreUrl): Opener => {
	parseMemcachedUrl(url);
	checkInstalled('memcache-client');
	return async () => {
		const {MemcachedStore} = await import('./memcached.ts');
		return new MemcachedStore(url);
	};
};

const toMongo = (location: StoreUrl): Opener => {
	checkInstalled('mongodb');
	const {url, collection, pruneEvery} = parseMongoUrl(location);
	return async () => {
		const {MongoStore} = await import('./mongodb.ts');
		return new MongoStore(url, {collection, pruneEvery});
	};
};

const toDynamo = (location: StoreUrl): Opener => {
	parseDynamoUrl(location);
	checkInstalled('@aws-sdk/client-dynamodb');
	return async () => {
		const {DynamoStore} = await import('./dynamodb.ts');
		return new DynamoStore(location.url);
	};
};

const toSql = (location: StoreUrl): Opener => {
	checkInstalled(...librariesFor(location));
	return async () => {
		const {SqlStore} = await import('./sql.ts');
		return new SqlStore(location.url);
	};
};

/** To add a store: its folder, its file, an opener above, and its scheme here and in the comment of `open()`. */
const schemes: ReadonlyMap<string, (location: StoreUrl) => Opener> = new Map([
	['null', toNull],
	['memory', toMemory],
	['file', toFilesystem],
	['redis', toRedis],
	['rediss', toRedis],
	['redis+cluster', toRedis],
	['rediss+cluster', toRedis],
	['redis+sentinel', toRedis],
	['memcached', toMemcached],
	['mongodb', toMongo],
	['mongodb+srv', toMongo],
	['dynamodb', toDynamo],
	['postgres', toSql],
	['postgresql', toSql],
	['mysql', toSql],
	['sqlite', toSql],
]);

const toDirectory = ({url, path}: StoreUrl): string => {
	try {
		// `URL` would read `./sessions` as `/sessions`.
		const directory = path.startsWith('//') ? fileURLToPath(url) : decodeURIComponent(path);
		if (directory !== '' && !directory.includes('\0')) return directory;
	} catch {
		// There is a host, or a `%` that encodes nothing: the message below says what is expected.
	}
	throw wrongUrl('of `file:` to be like `file:./sessions` or `file:///var/lib/sessions`');
};
