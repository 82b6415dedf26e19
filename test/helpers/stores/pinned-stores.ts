import {mkdir, readdir, readFile, stat, utimes, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import expressSession from 'express-session';
import {fromExpressStore} from '../../../source/stores/express.ts';
import {FilesystemStore} from '../../../source/stores/filesystem.ts';
import {MemcachedStore} from '../../../source/stores/memcached.ts';
import {RedisStore} from '../../../source/stores/redis.ts';
import * as memcached from './memcached.ts';
import {inDynamo, inMongo, inSql} from './pinned-databases.ts';
import {base64, fromBase64, type MakePlace, pinnedRecords} from './pinned-place.ts';
import * as redis from './redis.ts';
import {openMysql, openNodeSqlite, openPostgres} from './sql.ts';
import {temporaryDirectory} from './stores.ts';

type RedisPin = {values: Record<string, string>; indexes: Record<string, string[]>};

const inRedis: MakePlace<RedisPin> = async t => {
	const prefix = `${crypto.randomUUID()}:`;
	const client = redis.connect(t, await redis.redisUrl(), prefix);
	return {
		store: new RedisStore(client),
		async capture() {
			const values: Record<string, string> = {};
			const indexes: Record<string, string[]> = {};
			for (const found of await client.keys(`${prefix}*`)) {
				const key = found.slice(prefix.length);
				if ((await client.type(key)) === 'zset') indexes[key] = await client.zrange(key, 0, '-1', 'WITHSCORES');
				else values[key] = base64((await client.getBuffer(key)) ?? Buffer.alloc(0));
			}
			return {values, indexes};
		},
		async restore({values, indexes}) {
			for (const [key, value] of Object.entries(values)) await client.set(key, fromBase64(value));
			for (const [key, [member = '', score = '']] of Object.entries(indexes)) await client.zadd(key, score, member);
		},
	};
};

type MemcachedPin = Record<string, {flags: string; value: string}>;

const inMemcached: MakePlace<MemcachedPin> = async t => {
	const {url} = await memcached.privateMemcached(t);
	const client = memcached.connect(t, url);
	return {
		store: new MemcachedStore(client),
		async capture() {
			const pin: MemcachedPin = {};
			for (const key of Object.keys(pinnedRecords)) {
				const [, flags = ''] = /^VALUE \S+ (\d+) /.exec(await memcached.say(url, `get ${key}`)) ?? [];
				const found = await client.gets<Buffer>(key);
				pin[key] = {flags, value: base64(found?.value ?? Buffer.alloc(0))};
			}
			return pin;
		},
		async restore(pin) {
			for (const [key, {flags, value}] of Object.entries(pin)) {
				const bytes = fromBase64(value);
				await memcached.say(url, Buffer.concat([Buffer.from(`set ${key} ${flags} 0 ${bytes.length}\r\n`), bytes]));
			}
		},
	};
};

type FilePin = Record<string, {content: string; endsAt: number}>;

const inFiles: MakePlace<FilePin> = async t => {
	const directory = await temporaryDirectory(t);
	return {
		store: new FilesystemStore({directory}),
		async capture() {
			const pin: FilePin = {};
			for (const entry of await readdir(directory, {recursive: true, withFileTypes: true})) {
				if (!entry.isFile()) continue;
				const file = join(entry.parentPath, entry.name);
				const {mtimeMs} = await stat(file);
				pin[file.slice(directory.length + 1)] = {content: base64(await readFile(file)), endsAt: Math.round(mtimeMs)};
			}
			return pin;
		},
		async restore(pin) {
			for (const [name, {content, endsAt}] of Object.entries(pin)) {
				const file = join(directory, name);
				await mkdir(dirname(file), {recursive: true});
				await writeFile(file, fromBase64(content));
				await utimes(file, endsAt / 1000, endsAt / 1000);
			}
		},
	};
};

const inExpressStore: MakePlace<Record<string, string>> = async () => {
	const store = new expressSession.MemoryStore();
	const sessions: Record<string, string> = Reflect.get(store, 'sessions');
	return {
		store: fromExpressStore(store),
		capture: async () => ({...sessions}),
		async restore(pin) {
			Object.assign(sessions, pin);
		},
	};
};

/** Every store that keeps records beyond the life of a process, by its name in the fixtures. A name stays what it is. */
export const pinnedStores: Readonly<Record<string, MakePlace>> = {
	redis: inRedis as MakePlace,
	memcached: inMemcached as MakePlace,
	mongodb: inMongo as MakePlace,
	postgres: inSql(openPostgres) as MakePlace,
	mysql: inSql(openMysql) as MakePlace,
	sqlite: inSql(openNodeSqlite) as MakePlace,
	dynamodb: inDynamo as MakePlace,
	filesystem: inFiles as MakePlace,
	express: inExpressStore as MakePlace,
};
