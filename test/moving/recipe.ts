import test from 'ava';
import type {Redis} from 'ioredis';
import type Koa from 'koa';
import koaSession, {type CreateSessionOptions} from 'koa-session';
import type {SessionMiddleware} from '../../source/index.ts';
import {exampleOf, replaced, writeExamples} from '../helpers/docs/page.ts';
import {listen, type TestContext} from '../helpers/http/app.ts';
import {newRoute, startOld} from '../helpers/http/moving.ts';
import {redisUrl} from '../helpers/stores/redis.ts';

// What the page on moving in shows, run.

type Recipe = {
	readonly app: Koa;
	readonly old: CreateSessionOptions;
	readonly redis: Redis;
	readonly sessions: SessionMiddleware;
};

test('the recipe for koa-session logs nobody out', async t => {
	const code = replaced(exampleOf('moving-in.md', 'fromKoaSession(sessions, old'), {
		'redis://127.0.0.1:6379': await redisUrl(),
		"new Date('2027-06-01')": 'new Date(Date.now() + 60_000)',
	});
	const pathOf = await writeExamples(t, {'recipe.ts': code});
	const {app, old, redis, sessions}: Recipe = await import(pathOf('recipe.ts'));
	t.teardown(() => redis.disconnect());
	t.teardown(() => sessions.close());

	const browser = await startOld(t, before => {
		before.keys = app.keys as string[];
		before.use(koaSession({...old}, before));
	});
	await browser.get('/login');
	const key = browser.cookies.get('koa.sess') ?? '';
	t.is(await redis.exists(key), 1);

	app.use(ctx => newRoute(ctx as unknown as TestContext));
	const client = browser.fork(await listen(t, app));
	t.deepEqual(JSON.parse((await client.get('/')).body), {user: 'ada', cart: {pear: 1}});
	t.deepEqual([...client.cookies.keys()], ['sid']);
	t.deepEqual(JSON.parse((await client.get('/')).body), {user: 'ada', cart: {pear: 1}});
	t.is(await redis.exists(key), 0);
});
