import type {ExecutionContext} from 'ava';
import {createClient, type RedisClientOptions} from 'redis';

/** A connected client of node-redis, as an application makes it. */
export const connectNodeRedis = async (t: ExecutionContext, url: string, options: RedisClientOptions = {}) => {
	const client = createClient({url, socket: {connectTimeout: 60_000}, ...options});
	client.on('error', () => {});
	t.teardown(() => client.destroy());
	await client.connect();
	return client;
};
