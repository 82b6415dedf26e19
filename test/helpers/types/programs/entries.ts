// What each entry exports, without any client. It compiles beside Koa alone.
import Koa from 'koa';
import session, {codec, json, NullStore, pair, SessionError, type Store} from 'koa-server-session';
import {compress} from 'koa-server-session/codecs/compress';
import {encrypt} from 'koa-server-session/codecs/encrypt';
import {msgpack} from 'koa-server-session/codecs/msgpack';
import {schema} from 'koa-server-session/codecs/schema';
import {DynamoStore} from 'koa-server-session/stores/dynamodb';
import {FilesystemStore} from 'koa-server-session/stores/filesystem';
import {MemcachedStore} from 'koa-server-session/stores/memcached';
import {MemoryStore} from 'koa-server-session/stores/memory';
import {MongoStore} from 'koa-server-session/stores/mongodb';
import {open} from 'koa-server-session/stores/open';
import {RedisStore} from 'koa-server-session/stores/redis';
import {storeCases} from 'koa-server-session/testing';
import * as header from 'koa-server-session/transports/header';

const stores: Store[] = [
	new NullStore(),
	new MemoryStore(),
	new FilesystemStore(),
	await open('null:'),
	new RedisStore(),
	new MemcachedStore(),
	new MongoStore(),
	new DynamoStore(),
];
const app = new Koa();
const sessions = session<{views?: number}>(app, {
	store: 'memory:',
	codec: [json(), codec(msgpack())],
	idleTimeout: '30m',
});
app.use(sessions).use(ctx => {
	const views: number | undefined = ctx.session.views;
	ctx.session.views = (views ?? 0) + 1;
	// @ts-expect-error the session is typed
	ctx.session.views = 'many';
	// @ts-expect-error its members too
	ctx.session.regenerate('cart');
});
const fields = {'~standard': {validate: (value: unknown) => ({value: value as {theme?: string}})}};
const checked = codec(schema(json(), fields), compress(), encrypt(['a secret of 32 characters or more']));
new Koa<object, object>().use(session(app, {codec: checked})).use(ctx => {
	const theme: string | undefined = ctx.session.theme;
	// @ts-expect-error what the validator doesn't know
	ctx.session.user = theme;
});
await sessions.close();
// @ts-expect-error a number is no client
new RedisStore(6379);
// @ts-expect-error nor is one of these
new MongoStore(new URL('mongodb://h'));
// @ts-expect-error an option that there isn't
session(app, {ttl: 1});
console.log(stores, header, storeCases.length, pair, SessionError);
