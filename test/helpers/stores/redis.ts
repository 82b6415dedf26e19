import type {ExecutionContext} from 'ava';
import {Redis} from 'ioredis';
import {RedisStore} from '../../../source/stores/redis.ts';
import {sharedRedis, startRedis} from '../../services/redis.ts';
import type {Server, Settings} from '../../services/server.ts';

let own: Promise<string> | undefined;

/** The shared Redis of this run: keep to random prefixes there. Started for this file alone if AVA runs on its own. */
export const redisUrl = async (): Promise<string> => {
	const url = process.env['TEST_REDIS_URL'];
	if (url) return url;

	// It ends with this worker (see startServer), so nobody has to stop it.
	own ??= sharedRedis().then(server => server.url);
	return own;
};

/** A server for one test, which may do with it what it likes. */
export const privateRedis = async (t: ExecutionContext, settings?: Settings): Promise<Server> => {
	const server = await startRedis(settings);
	t.teardown(() => server.stop());
	return server;
};

/** A client as an application makes it. */
export const connect = (t: ExecutionContext, url: string, keyPrefix = ''): Redis => {
	const client = new Redis(url, {keyPrefix});
	t.teardown(() => client.disconnect());
	return client;
};

/** A store with a client of its own. */
export const openStore = (t: ExecutionContext, url: string): RedisStore => {
	const store = new RedisStore(url);
	t.teardown(() => store.close());
	return store;
};
