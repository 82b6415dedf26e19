import test from 'ava';
import {MemoryStore as ExpressMemoryStore} from 'express-session';
import Koa from 'koa';
import {createClient} from 'redis';
import {compress} from '../source/codecs/compress.ts';
import {encrypt} from '../source/codecs/encrypt.ts';
import session, {codec, json, observe} from '../source/index.ts';
import {DynamoStore} from '../source/stores/dynamodb.ts';
import {FilesystemStore} from '../source/stores/filesystem.ts';
import {MemcachedStore} from '../source/stores/memcached.ts';
import {MemoryStore} from '../source/stores/memory.ts';
import {MongoStore} from '../source/stores/mongodb.ts';
import {RedisStore} from '../source/stores/redis.ts';
import {SqlStore} from '../source/stores/sql.ts';
import {signIn} from '../source/testing/index.ts';
import {testKeys} from './helpers/http/app.ts';

// What people write in their first minutes, in JavaScript, where no compiler objects. Each message says what to do.

const start = (options: object) => session(new Koa({keys: testKeys}), options);
const layer = encrypt(testKeys);

const refused: Readonly<Record<string, readonly [run: () => unknown, message: string | RegExp]>> = {
	'a class instead of a store': [
		() => start({store: RedisStore}),
		'Expected `store` to be a store or its URL, got a function. Make one: `new RedisStore(client)`',
	],
	'a promise of a store': [
		() => start({store: Promise.resolve(new MemoryStore())}),
		'Expected `store` to be a store or its URL, got a promise',
	],
	'a client instead of a store': [
		() => start({store: createClient()}),
		/got something without `create\(\)`\. Wrap a client in its store: `new RedisStore\(client\)`$/,
	],
	'a store of another library': [
		() => start({store: new ExpressMemoryStore()}),
		/got something without `\w+\(\)`\. A store of another library .*, or adapt .* by `fromExpressStore\(store\)`$/,
	],
	'a path instead of a URL': [
		() => start({store: './sessions'}),
		/got no scheme\. For a directory, write `file:` first$/,
	],
	'a host and a port': [() => start({store: 'localhost:6379'}), /^Expected the store URL to begin with one of/],
	'the application last': [
		() => session({store: 'memory:'} as never, new Koa() as never),
		'The application comes first: `session(app, options)`',
	],
	'a layer first': [
		() => codec(layer as never, json() as never),
		'Expected a codec, then its layers, such as `codec(json(), encrypt(keys))`, each called',
	],
	'a layer that was not called': [() => codec(json(), compress as never), /^Expected a codec, then its layers/],
	'a middleware that was called': [
		() => Reflect.apply(start({store: 'memory:'}), undefined, []),
		'Pass it on without calling it: `app.use(sessions)`',
	],
	'a context in the place of the data': [
		() => start({store: 'memory:'}).create(new Koa({keys: testKeys}).createContext({} as never, {} as never)),
		/^Expected `data` to be a plain object, got /,
	],
	'a misspelt event': [
		() => observe('late_write' as never, () => undefined),
		'Unknown event `late_write`. Did you mean `late-write`?',
	],
	'an event that there is not': [
		() => observe('logout' as never, () => undefined),
		/^Unknown event `logout`\. Known names: `load`, .*, `store-call`\.$/,
	],
	'an event without a listener': [
		() => observe('lost', undefined as never),
		'Expected `listener` to be a function, got `undefined`',
	],
	'an application instead of its sessions': [
		() => signIn(new Koa() as never, {}),
		'Expected `sessions` to be what `session(app, options)` returned, got something without `create()`',
	],
};

for (const [mistake, [run, message]] of Object.entries(refused)) {
	test(`${mistake} is refused, with what to do`, async t => {
		await t.throwsAsync(async () => run(), {message});
	});
}

test('middleware that was not called is refused at the first request', async t => {
	const app = new Koa({keys: testKeys});
	await t.throwsAsync(async () => session(app.createContext({} as never, {} as never) as never, (() => {}) as never), {
		message: 'Call it: `app.use(session(app, options))`',
	});
});

test('a setting in the place of the options is refused, and means nothing else', t => {
	const client = {} as never;
	for (const make of [
		() => new FilesystemStore('./sessions' as never),
		() => new MemoryStore(100 as never),
		() => new MemcachedStore('memcached://127.0.0.1', 100 as never),
		() => new MongoStore(client, 'sessions' as never),
		() => new SqlStore(client, 'sessions' as never),
		() => new DynamoStore(client, 'sessions' as never),
		() => compress('brotli' as never),
	]) {
		t.throws(make, {message: /^Expected `options` to be an object such as `\{/});
	}
});
