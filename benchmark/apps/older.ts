import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Redis} from 'ioredis';
import type session from '../../source/index.ts';
import type {RedisStore} from '../../source/stores/redis.ts';
import {onStore} from './koa-server-session.ts';
import type {MakeApp} from './route.ts';

const load = (file: string) => import(pathToFileURL(join(process.env['OLDER'] ?? '', 'source', file)).href);

/** Another version of this library, in the checkout that `OLDER` names. */
export const onRedis: MakeApp<Redis> = async redis => {
	const make: typeof session = (await load('index.ts')).default;
	const Store: typeof RedisStore = (await load('stores/redis.ts')).RedisStore;
	return onStore(new Store(redis), make);
};
