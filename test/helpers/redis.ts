import {sharedRedis} from '../services/redis.ts';

let own: Promise<string> | undefined;

/** The shared Redis of this run: keep to random prefixes there. Started for this file alone if AVA runs by itself. */
export const redisUrl = async (): Promise<string> => {
	const url = process.env['TEST_REDIS_URL'];
	if (url) return url;

	// It ends with this worker (see startServer), so nobody has to stop it.
	own ??= sharedRedis().then(server => server.url);
	return own;
};
