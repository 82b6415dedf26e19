import {readFileSync} from 'node:fs';
import {symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import type {Redis} from 'ioredis';
import type Koa from 'koa';
import koaSession, {type CreateSessionOptions} from 'koa-session';
import type {SessionMiddleware} from '../../source/index.ts';
import {listen, type TestContext} from '../helpers/http/app.ts';
import {newRoute, startOld} from '../helpers/http/moving.ts';
import {redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

// What the page on moving in shows, run.

type Recipe = {
	readonly app: Koa;
	readonly old: CreateSessionOptions;
	readonly redis: Redis;
	readonly sessions: SessionMiddleware;
};

const root = join(import.meta.dirname, '../..');

test('the recipe for koa-session logs nobody out', async t => {
	const page = readFileSync(join(root, 'docs/moving-in.md'), 'utf8');
	const [, block = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
	const code = block
		.replaceAll('redis://127.0.0.1:6379', await redisUrl())
		.replace(/'koa-server-session'/, `'${root}/source/index.ts'`)
		.replace(/'koa-server-session\/(.*)'/, `'${root}/source/$1.ts'`)
		.replace(/new Date\(.*?\)/, 'new Date(Date.now() + 60_000)');
	const directory = await temporaryDirectory(t);
	await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
	await writeFile(join(directory, 'recipe.mts'), code);
	const {app, old, redis, sessions}: Recipe = await import(join(directory, 'recipe.mts'));
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
