import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

// Rule 22. Each store call may take an hour, so a timer that held on to the process would show.

/** A program that serves some requests, closes its server, and has nothing else to do. */
const program = (store: string, close: string): string => `
import {once} from 'node:events';
import http from 'node:http';
import Koa from 'koa';
import session from './source/index.ts';

const hanging = Promise.withResolvers();
const hang = () => void hanging.resolve([]) ?? new Promise(() => {});
const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.silent = true;
const sessions = session(app, {store: ${store}, storeTimeout: '1h', touchAfter: 0});
app.use(sessions).use(async ctx => {
	if (ctx.path === '/write') ctx.session.views = (ctx.session.views ?? 0) + 1;
	if (ctx.path === '/update') await ctx.session.update(newest => void (newest.views += 1));
	if (ctx.path === '/regenerate') await ctx.session.regenerate();
	ctx.body = String(ctx.session.views);
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');

const get = async (path, cookie = '') => {
	const request = http.get({host: '127.0.0.1', port: server.address().port, path, headers: {cookie}, agent: false});
	const [response] = await Promise.race([once(request, 'response'), hanging.promise]);
	if (!response) return 'no answer';
	response.resume();
	await once(response, 'end');
	return response.headers['set-cookie']?.[0].split(';')[0] ?? cookie;
};

let cookie = await get('/write');
for (const path of ['/write', '/', '/update', '/regenerate', '/']) cookie = await get(path, cookie);
await sessions.prune();
server.closeAllConnections();
server.close();
${close}
console.log(cookie.slice(0, 4));
`;

const runToEnd = async (t: ExecutionContext, store: string, close = ''): Promise<string> => {
	const {stdout} = await promisify(execFile)(
		process.execPath,
		['--input-type=module', '--eval', program(store, close)],
		{
			timeout: 60_000,
			cwd: new URL('../..', import.meta.url),
			env: {...process.env, TEST_REDIS_URL: await redisUrl(), TEST_DIRECTORY: await temporaryDirectory(t)},
		},
	);
	return stdout;
};

/** Stores, how an application closes what holds on to a process besides, and whether a cookie came. */
const cases: Readonly<Record<string, {readonly store: string; readonly close?: string; readonly printed?: string}>> = {
	null: {store: 'undefined', printed: '\n'},
	memory: {store: "'memory:'"},
	filesystem: {store: "'file:' + process.env.TEST_DIRECTORY"},
	'redis, by a URL': {store: 'process.env.TEST_REDIS_URL', close: 'await sessions.close();'},
	"redis, by the application's client": {
		store: `new (await import('./source/stores/redis.ts')).RedisStore(
			globalThis.client = new (await import('ioredis')).Redis(process.env.TEST_REDIS_URL)
		)`,
		close: 'await client.quit();',
	},
	'a store that never answers': {
		store: '{create: hang, read: hang, update: hang, touch: hang, delete: hang}',
		printed: 'no a\n',
	},
};

for (const [name, {store, close, printed = 'sid=\n'}] of Object.entries(cases)) {
	test(`a process ends on its own once its server is closed: ${name}`, async t => {
		t.is(await runToEnd(t, store, close), printed);
	});
}
