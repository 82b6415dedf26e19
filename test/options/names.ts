import {randomUUID} from 'node:crypto';
import test from 'ava';
import {Redis} from 'ioredis';
import Koa from 'koa';
import {compress} from '../../source/codecs/compress.ts';
import {schema} from '../../source/codecs/schema.ts';
import session, {json} from '../../source/index.ts';
import {fromKoaSession} from '../../source/moving/koa-session.ts';
import {DynamoStore} from '../../source/stores/dynamodb.ts';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {MemcachedStore} from '../../source/stores/memcached.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {MongoStore} from '../../source/stores/mongodb.ts';
import {RedisStore} from '../../source/stores/redis.ts';
import {SqlStore} from '../../source/stores/sql.ts';
import {startApp, testKeys} from '../helpers/http/app.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

const app = () => Object.assign(new Koa(), {keys: testKeys});

const validator = {
	'~standard': {version: 1, vendor: 'test', validate: (value: unknown) => ({value: value as object})},
} as const;

/** Whatever takes options by name. None of them opens a connection. */
const takers: Readonly<Record<string, (options: never) => unknown>> = {
	'session()': options => session(app(), options),
	cookie: cookie => session(app(), {cookie}),
	deviceBound: deviceBound => session(app(), {deviceBound}),
	'fromKoaSession()': options => fromKoaSession(session(app()), {}, options),
	MemoryStore: options => new MemoryStore(options),
	FilesystemStore: options => new FilesystemStore(options),
	RedisStore: options => new RedisStore('redis://127.0.0.1:1', options),
	nearCache: nearCache => new RedisStore(new Redis({lazyConnect: true}), {nearCache}),
	MemcachedStore: options => new MemcachedStore('memcached://127.0.0.1:1', options),
	MongoStore: options => new MongoStore('mongodb://127.0.0.1:1', options),
	SqlStore: options => new SqlStore('sqlite::memory:', options),
	DynamoStore: options => new DynamoStore('dynamodb://eu-central-1', options),
	'compress()': options => compress(options),
	'schema()': options => schema(json(), validator, options),
};

for (const [name, take] of Object.entries(takers)) {
	test(`${name} refuses an unknown option, which would otherwise do nothing`, t => {
		for (const unknown of ['secrt', 'toString', '__proto']) {
			const options = {[unknown]: undefined} as never;
			t.throws(() => take(options), {instanceOf: TypeError, message: /^Unknown option `/}, unknown);
		}
		t.notThrows(() => take({} as never));
	});
}

test('what other stores call an option leads to ours', t => {
	for (const [name, options, said] of [
		['FilesystemStore', {path: './sessions'}, '`path`. Here the option is called `directory`.'],
		['MongoStore', {dbName: 'shop'}, '`dbName`. Here the option is called `database`.'],
		['MongoStore', {collectionName: 'web'}, '`collectionName`. Here the option is called `collection`.'],
		['SqlStore', {tableName: 'web'}, '`tableName`. Here the option is called `table`.'],
		['DynamoStore', {tableName: 'web'}, '`tableName`. Here the option is called `table`.'],
		['RedisStore', {prefix: 'app:'}, '`prefix`. Set `prefix` of `session()`.'],
		['RedisStore', {ttl: 86_400}, '`ttl`. Set `idleTimeout` of `session()`.'],
		['RedisStore', {client: {}}, '`client`. Pass the client itself, before the options.'],
		['MemoryStore', {max: 1000}, '`max`. Here the option is called `maxEntries`.'],
		['nearCache', {max: 1000}, '`nearCache.max`. Here the option is called `nearCache.maxEntries`.'],
	] as const) {
		t.throws(() => takers[name]?.(options as never), {instanceOf: TypeError, message: `Unknown option ${said}`});
	}
});

onTwoStores('a call with an unknown option is refused, and ends nobody', async (t, store) => {
	const {sessions, client} = await startApp(t, {store}, async ctx => {
		ctx.session['user'] = 'ada';
		await ctx.session.regenerate(ctx.path === '/typo' ? ({keeps: false} as never) : {});
		ctx.body = 'done';
	});
	const subject = randomUUID();
	const {id} = await sessions.create({user: 'ada'}, {subject});
	const refused = {instanceOf: TypeError, message: /^Unknown option `/};
	await t.throwsAsync(sessions.revoke(subject, {id} as never), refused);
	await t.throwsAsync(sessions.revoke(subject, {exept: id} as never), refused);
	await t.throwsAsync(sessions.destroyAll({exept: id} as never), refused);
	await t.throwsAsync(sessions.destroyAll({id} as never), refused);
	await t.throwsAsync(sessions.count({subjct: subject} as never), refused);
	await t.throwsAsync(sessions.create({user: 'bob'}, {subjct: subject} as never), refused);
	t.true(await sessions.isAlive({id}));

	t.is((await client().get('/typo')).status, 500);
	t.is((await client().get('/')).status, 200);

	// What `list()` says of a session names it, whatever else it says.
	for await (const listed of sessions.list(subject)) t.is(await sessions.revoke(subject, listed), 1);
	t.false(await sessions.isAlive({id}));
});
