import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Redis} from 'ioredis';
import Koa from 'koa';
import type session from '../../source/index.ts';
import type {RedisStore} from '../../source/stores/redis.ts';
import {answer, key, type MakeApp, maxAge} from './route.ts';

/** Another version of this library, in the checkout that `OLDER` names. */
export const onRedis: MakeApp<Redis> = async redis => {
	const load = (file: string) => import(pathToFileURL(join(process.env['OLDER'] ?? '', 'source', file)).href);
	const make: typeof session = (await load('index.ts')).default;
	const Store: typeof RedisStore = (await load('stores/redis.ts')).RedisStore;
	const app = new Koa();
	app.keys = [key];
	app.silent = true;
	app.use(make(app, {store: new Store(redis), idleTimeout: maxAge, storeTimeout: '30s'}));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx['session']);
	});
	return app;
};
