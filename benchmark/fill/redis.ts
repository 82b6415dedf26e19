import {Redis} from 'ioredis';
import {RedisStore} from '../../source/stores/redis.ts';
import {type Fill, throughStore} from './fill.ts';

/** Through the store too, on a client that puts commands together. */
export const fillRedis: Fill = async (url, records) => {
	const client = new Redis(url, {enableAutoPipelining: true});
	const store = new RedisStore(client);
	await throughStore(url, records, store);
	await client.quit();
};
