import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {trace} from '@opentelemetry/api';
import test, {type ExecutionContext} from 'ava';
import type {Store} from '../source/store.ts';
import {RedisStore} from '../source/stores/redis.ts';
// Before the clients are loaded, which it changes.
import {instrumentations, mysql, spans} from './helpers/events/instrumentations.ts';
import {all} from './helpers/stores/all.ts';
import {openTable} from './helpers/stores/dynamodb.ts';
import {collectionUrl, openStore as openMongo} from './helpers/stores/mongodb.ts';
import {create, record, update} from './helpers/stores/records.ts';
import {openStore as openRedis, redisUrl} from './helpers/stores/redis.ts';
import {makeStore, openMysql, openUrl, tableUrl} from './helpers/stores/sql.ts';

// OpenTelemetry's own instrumentation of each client, as the page on observability recommends it: no span tells what is in
// a session, or whose it is.

test.after.always(() => {
	for (const instrumentation of instrumentations) instrumentation.disable();
});

const nodeRedis = async (t: ExecutionContext): Promise<Store> => {
	const {createClient} = await import('redis');
	const client = createClient({url: await redisUrl()});
	t.teardown(() => client.destroy());
	return new RedisStore(await client.connect());
};

const onOwnMysql = async (t: ExecutionContext): Promise<Store> => {
	const kysely = await openMysql();
	t.teardown(() => kysely.destroy());
	return makeStore(t, kysely);
};

const stores: Readonly<Record<string, (t: ExecutionContext) => Promise<Store>>> = {
	ioredis: async t => openRedis(t, await redisUrl()),
	redis: nodeRedis,
	pg: async t => openUrl(t, await tableUrl(t, 'postgres')),
	'mysql2 by URL': async t => openUrl(t, await tableUrl(t, 'mysql')),
	mysql2: onOwnMysql,
	mongodb: async t => openMongo(t, await collectionUrl()),
	'@aws-sdk/client-dynamodb': openTable,
};

const data = 'secret-data';
const subject = 'secret-subject';

/** Whether a text shows a word, as it is or as a dump of its octets. */
const shows = (text: string, word: string): boolean =>
	[word, ...(['hex', 'base64', 'base64url'] as const).map(form => Buffer.from(word).toString(form).slice(0, -2))].some(
		form => text.toLowerCase().includes(form.toLowerCase()),
	);

/** What the spans of a store's calls say. */
const trail = async (store: Store): Promise<string> => {
	const key = randomUUID();
	spans.reset();
	await trace.getTracer('test').startActiveSpan('request', async span => {
		const first = await create(store, key, {...record(data), subject});
		const second = await update(store, key, {...record(`${data} again`), subject}, first);
		await store.touch(key, record().expiresAt + 1000, second);
		assert.ok(await store.read(key));
		if (store.bySubject) await all(store.bySubject(subject));
		await store.delete(key, second);
		span.end();
	});
	const finished = spans.getFinishedSpans();
	assert.ok(finished.length > 5, `only ${finished.length} spans`);
	return JSON.stringify(finished.map(({name, attributes, events, status}) => ({name, attributes, events, status})));
};

for (const [name, open] of Object.entries(stores)) {
	test.serial(`${name}: its spans show no data and no subject of a session`, async t => {
		const told = await trail(await open(t));
		t.false(shows(told, data));
		t.false(shows(told, subject));
	});
}

test.serial(
	'mysql2 without `maskStatement`: whether its spans show all of it depends on what is loaded first',
	async t => {
		mysql.setConfig({});
		// Now that mysql2 is loaded, it finds the function that puts values into statements.
		mysql.disable();
		mysql.enable();
		t.teardown(() => mysql.setConfig({maskStatement: true}));
		const store = await onOwnMysql(t);
		t.true(shows(await trail(store), data), 'if not, the page need not ask for it any more');
		mysql.setConfig({maskStatement: true});
		t.false(shows(await trail(store), data));
	},
);
