import {Redis} from 'ioredis';
import Koa, {type Context} from 'koa';
import session, {type Data, type Store} from '../source/index.ts';
import {MemoryStore} from '../source/stores/memory.ts';
import {RedisStore} from '../source/stores/redis.ts';
import {PlainSetStore} from './plain-set-store.ts';

/** The applications that are measured, by name. Each answers the same 1 kB for the same session. */
export const apps: Readonly<Record<string, () => Koa>> = {
	bare: () => withoutSession(),
	memory: () => withSession(new MemoryStore()),
	'redis-cas': () => withSession(new RedisStore(openRedis())),
	'redis-set': () => withSession(new PlainSetStore(openRedis())),
};

/** What every session holds at first: about 0.2 kB, as after a login. */
const start = {
	user: {id: 4711, name: 'Ada Lovelace', roles: ['admin', 'editor']},
	locale: 'en-GB',
	theme: 'dark',
	views: 0,
};

const page = 'x'.repeat(1024);

const withoutSession = (): Koa => {
	const app = new Koa();
	const current: Data = {...start};
	return app.use(ctx => answer(ctx, current));
};

const withSession = (store: Store): Koa => {
	const app = new Koa();
	app.keys = ['a benchmark needs a key of 32 characters too'];
	app.use(session(app, {store, idleTimeout: '1h'}));
	return app.use(ctx => answer(ctx, ctx['session']));
};

/** The same work for all, whatever holds the data. */
const answer = (ctx: Context, current: Data): void => {
	if (ctx.path === '/start') Object.assign(current, start);
	if (ctx.path === '/change') current['views'] = Number(current['views']) + 1;
	ctx.body = `${current['views']} ${page}`;
};

const openRedis = (): Redis => new Redis(process.env['BENCHMARK_REDIS_URL'] ?? 'redis://127.0.0.1:6379');
