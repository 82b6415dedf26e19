import {DynamoDBClient} from '@aws-sdk/client-dynamodb';
import test, {type ExecutionContext} from 'ava';
import {SessionError} from '../../source/errors.ts';
import type {Store} from '../../source/store.ts';
import {DynamoStore} from '../../source/stores/dynamodb.ts';
import {MemcachedStore} from '../../source/stores/memcached.ts';
import {MongoStore} from '../../source/stores/mongodb.ts';
import {open} from '../../source/stores/open.ts';
import {RedisStore} from '../../source/stores/redis.ts';
import {SqlStore} from '../../source/stores/sql.ts';
import * as dynamodb from '../helpers/stores/dynamodb.ts';
import * as memcached from '../helpers/stores/memcached.ts';
import * as mongodb from '../helpers/stores/mongodb.ts';
import * as redis from '../helpers/stores/redis.ts';
import {clients} from '../helpers/stores/sql.ts';
import {storesUnderTest} from '../helpers/stores/stores.ts';

// That a closed store refuses to work, and that it leaves others' clients open, is the suite's to show.

for (const {name, url} of storesUnderTest) {
	if (!url || name === 'filesystem') continue;
	test.serial(`${name}: use after close() is a SessionError that says what to do`, async t => {
		const store = await open(await url(t));
		await store.read('nothing');
		await store.close?.();
		await t.throwsAsync(store.read('nothing'), {
			instanceOf: SessionError,
			code: 'ERR_SESSION_STORE',
			message: 'The store was closed. Make a new one',
		});
	});
}

/** A store over a client of the application, and how the application closes that. */
type Lent = {readonly store: Store; readonly close: () => unknown};

const lent: Readonly<Record<string, (t: ExecutionContext) => Promise<Lent>>> = {
	async Redis(t) {
		const client = redis.connect(t, await redis.redisUrl());
		return {store: new RedisStore(client), close: () => client.quit()};
	},
	async memcached(t) {
		const client = memcached.connect(t, await memcached.memcachedUrl());
		return {store: new MemcachedStore(client), close: () => client.shutdown()};
	},
	async MongoDB(t) {
		const client = mongodb.connect(t, await mongodb.mongoUrl());
		const place = {database: client.db().databaseName, collection: mongodb.drawCollection()};
		return {store: new MongoStore(client, place), close: () => client.close()};
	},
	async DynamoDB(t) {
		const {hostname: region, pathname, searchParams} = new URL(await dynamodb.newTableUrl());
		const client = new DynamoDBClient({region, endpoint: searchParams.get('endpoint') ?? ''});
		t.teardown(() => client.destroy());
		return {store: new DynamoStore(client, {table: pathname.slice(1)}), close: () => client.destroy()};
	},
	...Object.fromEntries(
		Object.entries(clients).map(([name, connect]) => [
			name,
			async () => {
				const kysely = await connect();
				return {store: new SqlStore(kysely), close: () => kysely.destroy()};
			},
		]),
	),
};

/** What their libraries say. Those that are not here connect again, or had nothing to end. */
const messages: Readonly<Record<string, RegExp>> = {
	Redis: /^Connection is closed/,
	MongoDB: /^Client must be connected/,
	...Object.fromEntries(Object.keys(clients).map(name => [name, /^driver has already been destroyed/])),
};

for (const [name, lend] of Object.entries(lent)) {
	const message = messages[name];
	test.serial(`${name}: a client that its application closed ${message ? 'fails calls' : 'works on'}`, async t => {
		const {store, close} = await lend(t);
		// In use, though there is no table.
		await store.read('nothing').catch(() => {});
		await close();
		if (message) await t.throwsAsync(store.read('nothing'), {message});
		else t.is(await store.read('nothing'), undefined);
	});
}
