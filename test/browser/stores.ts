import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {startExample} from '../helpers/browser/example.ts';
import {runs} from '../helpers/runs.ts';
import {newTableUrl} from '../helpers/stores/dynamodb.ts';
import {memcachedUrl} from '../helpers/stores/memcached.ts';
import {collectionUrl} from '../helpers/stores/mongodb.ts';
import {redisUrl} from '../helpers/stores/redis.ts';
import {clients, mysqlUrl, postgresUrl, tableName} from '../helpers/stores/sql.ts';
import {storesUnderTest, temporaryDirectory} from '../helpers/stores/stores.ts';
import {startRedisCluster, startRedisSentinel} from '../services/redis.ts';

type Place = {
	readonly url: (t: ExecutionContext) => Promise<string>;

	/** What the example creates before the first session. */
	readonly makes?: 'table' | 'indexes';
	readonly cannotList?: true;
};

/** A table that doesn't exist yet, and is dropped after the test. */
const freshTable = async (t: ExecutionContext, url: string, client: 'PostgreSQL' | 'MariaDB'): Promise<string> => {
	const table = tableName();
	t.teardown(async () => {
		const kysely = await clients[client]?.();
		await kysely?.schema.dropTable(table).ifExists().execute();
		await kysely?.destroy();
	});
	return `${url}?table=${table}&connectTimeout=30000&queryTimeout=30000`;
};

/** Stores that are new: without a table, without an index. */
const places: Readonly<Record<string, Place>> = {
	memory: {url: async () => 'memory:'},
	filesystem: {url: async t => `file:${await temporaryDirectory(t)}/not/there/yet`},
	redis: {url: redisUrl},
	'redis cluster': {
		async url(t) {
			const {ports, stop} = await startRedisCluster();
			t.teardown(stop);
			return `redis+cluster://${ports.map(port => `127.0.0.1:${port}`).join(',')}`;
		},
	},
	'redis sentinel': {
		async url(t) {
			const {sentinel, stop} = await startRedisSentinel();
			t.teardown(stop);
			return `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`;
		},
	},
	memcached: {url: memcachedUrl, cannotList: true},
	mongodb: {url: collectionUrl, makes: 'indexes'},
	postgres: {url: async t => freshTable(t, await postgresUrl(), 'PostgreSQL'), makes: 'table'},
	mysql: {url: async t => freshTable(t, await mysqlUrl(), 'MariaDB'), makes: 'table'},
	sqlite: {url: async t => `sqlite:${await temporaryDirectory(t)}/sessions.db`, makes: 'table'},
	dynamodb: {
		url: async () => (await newTableUrl()).replace(/sessions-[\w-]+/, `sessions-${randomUUID()}`),
		makes: 'table',
	},
};

/** Where the example is started a second time: where its own process keeps the sessions, and everywhere in a long run. */
const restarted = runs(['filesystem', 'sqlite'], Object.keys(places));

/** A client with one cookie, like `curl -b` and `-c`. */
const createClient = (url: string) => {
	let cookie = '';
	const ask = async (path: string, form?: Record<string, string>): Promise<string> => {
		const answer = await fetch(url + path, {
			redirect: 'manual',
			headers: {Cookie: cookie},
			...(form && {method: 'POST', body: new URLSearchParams(form)}),
		});
		for (const line of answer.headers.getSetCookie()) cookie = line.split(';')[0] ?? '';
		const location = answer.headers.get('location');
		return location === null ? answer.text() : ask(location);
	};
	const tokenIn = (page: string): string => /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
	return {
		get: (path: string) => ask(path),
		send: async (page: string, path: string, fields: Record<string, string> = {}) =>
			ask(path, {token: tokenIn(await ask(page)), ...fields}),
	};
};

test('every store under test is tried', t => {
	for (const {name} of storesUnderTest) t.true(name in places, name);
});

for (const [name, {url: findUrl, makes, cannotList}] of Object.entries(places)) {
	test.serial(`${name}: the example starts on a new one, and serves a visit, a login and a logout`, async t => {
		const url = await findUrl(t);
		const example = await startExample(t, url);
		t.is(example.output.filter(line => line.includes(`The store's ${makes} can be used`)).length, makes ? 1 : 0);
		t.is(example.output.filter(line => line.includes("can't list by subject")).length, cannotList ? 1 : 0);

		const client = createClient(example.url);
		await client.get('/');
		t.regex(await client.get('/'), /<strong class="count">2<\/strong>/);

		const user = `Ada ${randomUUID()}`.slice(0, 20);
		const account = await client.send('/account', '/login', {name: user, password: 'open sesame', remember: 'on'});
		t.true(account.includes(`Hello, ${user}`));

		const devices = await client.get('/devices');
		t.is(devices.match(/This device/g)?.length, 1);
		t.is(devices.includes('id="unlisted"'), cannotList === true);

		// The table, the indexes and the record outlive the process, unless they were in its memory.
		if (name !== 'memory' && restarted.includes(name)) {
			await example.restart();
			t.true((await client.get('/account')).includes(`Hello, ${user}`));
		}

		t.true((await client.send('/shop', '/logout')).includes('Not logged in'));
		t.true((await client.get('/devices')).includes('Log in here and in another browser'));

		await client.send('/account', '/login', {name: 'operator', password: example.operatorPassword});
		const operator = await client.get('/operator');
		t.is(operator.includes('id="statistics"'), cannotList !== true);
		t.is(operator.includes('id="unlisted"'), cannotList === true);
	});
}
