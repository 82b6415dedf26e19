import {sharedDynamo} from './dynamodb.ts';
import {sharedMemcached} from './memcached.ts';
import {sharedMongo} from './mongodb.ts';
import {sharedMysql} from './mysql.ts';
import {sharedPostgres} from './postgres.ts';
import {sharedRedis} from './redis.ts';
import type {Server} from './server.ts';

/** A server that tests share. Its note says what the run's summary must not hide, such as that it is a stand-in. */
type SharedServer = Pick<Server, 'url' | 'stop'> & {readonly note?: string};

/** How to start each of them, by the variable that says where it is. */
const starts: Readonly<Record<string, () => Promise<SharedServer>>> = {
	TEST_REDIS_URL: sharedRedis,
	TEST_MEMCACHED_URL: sharedMemcached,
	TEST_MONGODB_URL: sharedMongo,
	TEST_POSTGRES_URL: sharedPostgres,
	TEST_MYSQL_URL: sharedMysql,
	TEST_DYNAMODB_URL: sharedDynamo,
};

/** The servers that all test files of a run share. */
export type SharedServers = {
	/** Where they are, as variables of the environment. */
	readonly urls: Readonly<Record<string, string>>;
	readonly notes: readonly string[];
	stop(): Promise<void>;
};

export const startSharedServers = async (): Promise<SharedServers> => {
	const servers = await Promise.all(Object.values(starts).map(start => start()));
	return {
		urls: Object.fromEntries(Object.keys(starts).map((name, index) => [name, servers[index]?.url ?? ''])),
		notes: servers.flatMap(({note}) => note ?? []),
		stop: async () => void (await Promise.all(servers.map(server => server.stop()))),
	};
};
