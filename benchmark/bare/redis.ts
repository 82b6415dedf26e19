import {openRedis} from '../../source/stores/redis/opening.ts';
import {parseRedisUrl} from '../../source/stores/redis/url.ts';
import type {OpenBare} from './bare.ts';

/** `SET PX`, `GET`, `PEXPIRE`, `DEL`, on the client that the store opens too. */
export const bareRedis: OpenBare = async url => {
	const client = await openRedis(parseRedisUrl(url), () => undefined);
	const set = (key: string, bytes: Buffer, expiresAt: number) => client.set(key, bytes, 'PX', expiresAt - Date.now());
	return {
		create: set,
		read: async key => (await client.getBuffer(key)) ?? undefined,
		update: set,
		touch: (key, expiresAt) => client.pexpire(key, expiresAt - Date.now()),
		destroy: key => client.del(key),
		close: () => client.quit(),
	};
};
