import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {Redis} from 'ioredis';
import {createClient} from 'redis';
import {SessionError} from '../../../source/errors.ts';
import {RedisStore} from '../../../source/stores/redis.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {hostOfTwoAddresses} from '../../helpers/faults/two-addresses.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {fakeClock} from '../../helpers/stores/conforms.ts';
import {keepsContract} from '../../helpers/stores/conforms-in-short.ts';
import {create, record} from '../../helpers/stores/records.ts';
import {connect, openStore, privateRedis} from '../../helpers/stores/redis.ts';
import {startRedisCluster, startRedisSentinel} from '../../services/redis.ts';

/** On a busy machine, a connection takes longer than the five seconds that node-redis gives it. */
const socket = {connectTimeout: 60_000};

/** A fault is a `SessionError`, so that a request's error says all of it. */
const says = (message: RegExp) => ({instanceOf: SessionError, code: 'ERR_SESSION_STORE', message});

test('a database that can not be selected fails each call, and nothing lands in database 0', async t => {
	const server = await privateRedis(t, {databases: '2'});
	const operator = connect(t, server.url);
	const own = new Redis(server.url, {db: 5, retryStrategy: () => 50});
	own.on('error', () => {});
	t.teardown(() => own.disconnect());
	for (const store of [openStore(t, `${server.url}/5`), new RedisStore(own)]) {
		const expected = says(/^SELECT: .* no database of that number\. Name another one, or raise/);
		await t.throwsAsync(store.create('key', {...record(), subject: 'ann'}), expected);
		await t.throwsAsync(store.read('key'), expected);
		t.is(await operator.dbsize(), 0);
	}
	// node-redis refuses to connect.
	const other = createClient({url: server.url, database: 5, socket: {reconnectStrategy: false}});
	other.on('error', () => {});
	await t.throwsAsync(other.connect(), {message: /out of range/});

	await server.restart({databases: '16'});
	const store = openStore(t, `${server.url}/5`);
	t.truthy(await store.create('key', record()));
	t.is(await operator.dbsize(), 0);
});

/** A user with the rights that docs/stores.md lists, or others. */
const addUser = async (t: ExecutionContext, url: string, rights: string): Promise<string> => {
	await connect(t, url).call('ACL', 'SETUSER', 'app', 'reset', 'on', '>word', ...rights.split(' '));
	return url.replace('//', '//app:word@');
};

const keysOfSessions = '~session:* ~koa-server-session:*';

test('the rights that the documentation lists are enough, and none is more than that', async t => {
	const {url} = await privateRedis(t);
	const page = await readFile(new URL('../../../docs/stores.md', import.meta.url), 'utf8');
	const [, rights = ''] = /ACL SETUSER \w+ on >\S+ (.*)/.exec(page) ?? [];
	t.regex(rights, /\+evalsha/);
	const commands = rights.split(' ').filter(right => right.startsWith('+'));
	await t.notThrowsAsync(keepsContract(openStore(t, await addUser(t, url, rights))));

	for (const left of commands.filter(right => !/^\+(?:info|eval|evalsha)$/.test(right))) {
		const fewer = rights.split(' ').filter(right => right !== left);
		const store = openStore(t, await addUser(t, url, fewer.join(' ')));
		await t.throwsAsync(keepsContract(store), says(/^NOPERM: .* rights that docs\/stores\.md lists/), left);
	}
});

test('a right that is missing is named as such, with the remedy and without the user', async t => {
	const {url} = await privateRedis(t);
	const store = openStore(t, await addUser(t, url, `${keysOfSessions} +get +info`));
	const error = await t.throwsAsync(store.create('session:key', record()), says(/^NOPERM: .* docs\/stores\.md lists$/));
	t.notRegex(error?.message ?? '', /app|session:key/);
	const other = openStore(t, await addUser(t, url, '~other:* +@all'));
	await t.throwsAsync(other.read('session:key'), says(/^NOPERM/));
});

test('where EVALSHA is forbidden or unknown, EVAL does', async t => {
	const {url} = await privateRedis(t);
	await t.notThrowsAsync(keepsContract(openStore(t, await addUser(t, url, `${keysOfSessions} +@all -evalsha`))));
	const renamed = await privateRedis(t, {'rename-command': ['EVALSHA', '']});
	await t.notThrowsAsync(keepsContract(openStore(t, renamed.url)));
	const client = createClient({socket, url: renamed.url});
	t.teardown(() => client.destroy());
	await client.connect();
	await t.notThrowsAsync(keepsContract(new RedisStore(client)));
});

test('a node of a cluster, asked as a single server, says what to use instead', async t => {
	const cluster = await startRedisCluster();
	t.teardown(() => cluster.stop());
	const [url = ''] = cluster.ports.map(port => `redis://127.0.0.1:${port}`);
	const client = createClient({socket, url});
	t.teardown(() => client.destroy());
	await client.connect();
	for (const store of [openStore(t, url), new RedisStore(client)]) {
		const calls = Array.from({length: 20}, (_, place) => store.read(`key ${place}`));
		const refused = (await Promise.allSettled(calls)).flatMap(call => (call.status === 'rejected' ? call.reason : []));
		t.true(refused.length > 0);
		for (const {message} of refused) t.regex(message, /^MOVED: .* node of a cluster\. Use `redis\+cluster:/);
	}
});

test('a replica says what a client needs, and a client with reconnectOnError finds the new master', async t => {
	const [old, next] = [await privateRedis(t), await privateRedis(t)];
	const proxy = await startProxy(old.port);
	t.teardown(() => proxy.close());
	const url = `redis://127.0.0.1:${proxy.port}`;
	const client = new Redis(url, {reconnectOnError: error => error.message.includes('READONLY')});
	const plain = connect(t, url);
	t.teardown(() => client.disconnect());
	const stores = [new RedisStore(client), new RedisStore(plain)] as const;
	for (const store of stores) await store.read('key');

	const demoted = connect(t, old.url);
	await demoted.replicaof('127.0.0.1', next.port);
	proxy.redirect(next.port);
	for (const store of stores) {
		await t.throwsAsync(store.create('other', record()), says(/^READONLY: .* `reconnectOnError/));
	}
	t.truthy(await stores[0].create('other', record()));
	await t.throwsAsync(stores[1].create('third', record()), says(/^READONLY/));
	await demoted.replicaof('NO', 'ONE');
});

test.serial('a connection that a firewall has forgotten costs no request its answer', async t => {
	const clock = fakeClock(t);
	const server = await privateRedis(t);
	const proxy = await startProxy(server.port);
	t.teardown(() => proxy.close());
	const store = openStore(t, `redis://127.0.0.1:${proxy.port}?commandTimeout=60000`);
	const version = await create(store, 'key', record());
	proxy.freeze();
	await clock.advance(60_000);
	t.is((await store.read('key'))?.version, version);
	t.is(proxy.connections, 2);
	proxy.freeze();
	await clock.advance(60_000);
	t.true(await store.touch('key', record().expiresAt, version));
	t.true(await store.delete('key', version));
});

test('sentinels that can not be asked say why', async t => {
	const {sentinel, stop} = await startRedisSentinel();
	t.teardown(stop);
	const url = `redis+sentinel://127.0.0.1:${sentinel.port}`;
	await t.throwsAsync(openStore(t, `${url}/other`).read('key'), says(/^The sentinels know no master of the name/));
	t.is(await openStore(t, `${url}/mymaster`).read('key'), undefined);

	const operator = connect(t, `redis://127.0.0.1:${sentinel.port}`);
	await operator.call('ACL', 'SETUSER', 'default', 'resetpass', '>word');
	const expected = says(/^The sentinels want another login: (?:NOAUTH|WRONGPASS)\. Add `\?sentinelPassword=/);
	await t.throwsAsync(openStore(t, `${url}/mymaster`).read('key'), expected);
	await t.throwsAsync(openStore(t, `${url}/mymaster?sentinelPassword=other`).read('key'), expected);
	t.is(await openStore(t, `${url}/mymaster?sentinelPassword=word`).read('key'), undefined);

	await sentinel.kill();
	const nobody = openStore(t, `${url}/mymaster?sentinelPassword=word&commandTimeout=600000`);
	await t.throwsAsync(nobody.read('key'), says(/^No sentinel answers at the addresses in the URL$/));
	// AVA's time limit is shorter than that of the command, so the test fails if this one waits for it.
	await t.notThrowsAsync(nobody.close?.());
});

test('a host none of whose addresses answers says why', async t => {
	const store = openStore(t, `redis://${hostOfTwoAddresses(t)}`);
	// On a busy machine, the client's own time limits may pass a few times before.
	const refused = {message: 'ECONNREFUSED', code: 'ECONNREFUSED'};
	await t.notThrowsAsync(eventually(() => assert.rejects(store.read('key'), refused)));
});

test('a cluster that can not be reached says so', async t => {
	const server = await privateRedis(t);
	const {host} = new URL(server.url);
	const single = openStore(t, `redis+cluster://${host}`);
	// On a busy machine, the client's own time limits may pass a few times before.
	await t.notThrowsAsync(eventually(() => assert.rejects(single.read('key'), {message: /cluster support disabled/})));
	await server.kill();
	const store = openStore(t, `redis+cluster://${host}`);
	await t.throwsAsync(store.read('key'), says(/^No node of the cluster answers at the addresses in the URL$/));
	await t.throwsAsync(store.read('key'), says(/^No node of the cluster answers at the addresses in the URL$/));
});
