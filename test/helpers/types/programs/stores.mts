// The stores and other entries of an application. `package.ts` compiles it with many settings, also as CommonJS.
import type {Store} from 'koa-server-session';
import {compress} from 'koa-server-session/codecs/compress';
import {msgpack} from 'koa-server-session/codecs/msgpack';
import {schema} from 'koa-server-session/codecs/schema';
import {fromExpressSession} from 'koa-server-session/moving/express-session';
import {fromKoaGenericSession} from 'koa-server-session/moving/koa-generic-session';
import {fromKoaSession} from 'koa-server-session/moving/koa-session';
import {DynamoStore} from 'koa-server-session/stores/dynamodb';
import {fromExpressStore} from 'koa-server-session/stores/express';
import {FilesystemStore} from 'koa-server-session/stores/filesystem';
import {MemcachedStore} from 'koa-server-session/stores/memcached';
import {MongoStore} from 'koa-server-session/stores/mongodb';
import {open} from 'koa-server-session/stores/open';
import {RedisStore} from 'koa-server-session/stores/redis';
import {nodeSqlite, SqlStore} from 'koa-server-session/stores/sql';
import {cookie} from 'koa-server-session/transports/cookie';

export const stores: Store[] = [
	new DynamoStore(),
	new FilesystemStore(),
	new MemcachedStore(),
	new MongoStore(),
	new RedisStore(),
	new SqlStore('sqlite::memory:'),
];
// @ts-expect-error what declarations that weren't found would let through
new SqlStore(6379);
export const others = [compress, cookie, fromExpressStore, msgpack, nodeSqlite, open, schema];
export const moving = [fromExpressSession, fromKoaGenericSession, fromKoaSession];
