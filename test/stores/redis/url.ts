import {once} from 'node:events';
import {type AddressInfo, createServer} from 'node:net';
import test from 'ava';
import {Cluster} from 'ioredis';
import {SessionError} from '../../../source/errors.ts';
import {openRedis} from '../../../source/stores/redis/opening.ts';
import {parseRedisUrl} from '../../../source/stores/redis/url.ts';
import {RedisStore} from '../../../source/stores/redis.ts';
import {create, record} from '../../helpers/stores/records.ts';
import {connect, openStore, privateRedis} from '../../helpers/stores/redis.ts';

/** URLs that are refused, by what the message says. */
const wrong: Readonly<Record<string, readonly string[]>> = {
	'of `RedisStore` to begin with `redis://`, `rediss://`, `redis+cluster://` or `redis+sentinel://`': [
		'http://user:secret@localhost',
		'localhost:6379',
		'secret',
		'',
		'redis',
	],
	'of `redis:` to be like `redis://user:password@127.0.0.1:6379/0`, where `/0` is a database. For a Unix socket, pass in your own client':
		[
			'redis://',
			'redis://?db=1',
			'redis:///1',
			'redis:///run/secret.sock',
			'redis://secret:secret:secret',
			'redis://:secret@',
			'redis://user:%secret@localhost',
			'redis://one,two',
			'redis://one:65536',
			'redis://localhost/secret',
			'redis://localhost/1secret',
			'redis://localhost/-1',
			'redis://localhost/123456',
			'redis://localhost/1/',
			'redis://localhost#secret',
		],
	'of `rediss:` to be like `rediss://user:password@127.0.0.1:6379/0`': ['REDISS://localhost/secret'],
	'of `redis:` to have a `db` like `1`': ['redis://localhost?db=secret', 'redis://localhost?db=', 'redis://a/1?db=-1'],
	'of `redis:` to have no `db` but the database in its path': ['redis://user:secret@localhost/1?db=2'],
	'of `redis:` to have a `commandTimeout` like `5000`': ['redis://user:secret@one?commandTimeout=secret'],
	'of `redis:` to have a `connectTimeout` like `5000`': ['redis://user:secret@one?connectTimeout=0'],
	'of `redis:` to have a `family` like `4`': ['redis://localhost?family=secret'],
	'of `redis:` to have no parameters but `connectTimeout`, `commandTimeout`, `keyPrefix`, `db`, `family`': [
		'redis://localhost?maxRetriesPerRequest=secret',
		'redis://localhost?tls=secret',
		'redis://localhost?enableOfflineQueue=secret',
		'redis://localhost?retryStrategy=secret',
		'redis://localhost?secret',
	],
	'of `redis+cluster:` to be like `redis+cluster://user:password@one:6379,two:6379`': [
		'redis+cluster:',
		'redis+cluster://',
		'redis+cluster://one:6379,',
		'redis+cluster://one:6379/1',
		'redis+cluster://one:65536',
		'redis+cluster://one two',
		'redis+cluster://user:%secret@one',
	],
	'of `redis+cluster:` to have no parameters but `connectTimeout`': ['redis+cluster://one?secret=1'],
	'of `redis+cluster:` to have a `commandTimeout` like `5000`': ['redis+cluster://user:secret@one?commandTimeout=5s'],
	'of `redis+sentinel:` to have a `connectTimeout` like `5000`': ['redis+sentinel://u:secret@one/a?connectTimeout='],
	'of `redis+sentinel:` to be like `redis+sentinel://user:password@one:6379,two:6379/name-of-the-master`': [
		'redis+sentinel://user:secret@one:26379',
		'redis+sentinel://one:26379/',
		'redis+sentinel://one:26379/mymaster/secret',
	],
};

for (const [expected, urls] of Object.entries(wrong)) {
	test(`what is expected of a URL is said, and no password is shown: ${expected}`, t => {
		for (const url of urls) {
			const error = t.throws(() => new RedisStore(url), {instanceOf: SessionError, code: 'ERR_SESSION_STORE_URL'}, url);
			t.true(error?.message.startsWith(`Expected the store URL ${expected}`), `${url}: ${error?.message}`);
			t.notRegex(String(error?.stack), /secret/);
		}
		t.pass();
	});
}

test('a URL may name a login, nodes and a database', t => {
	for (const url of [
		undefined,
		'redis://localhost',
		'redis://localhost/?db=1',
		'redis://localhost/01?db=1',
		'redis://:p@ss:word@[::1]:6380/',
		'rediss://user:secret@localhost:1/2',
		'redis+cluster://one',
		'redis+cluster://:secret@one:6379,[::1]:6380,127.0.0.1/',
		'rediss+cluster://user:%40secret@one.example:6379',
		'redis+sentinel://one,two:26380/my-master',
		'redis+sentinel://user:secret@one/mymaster/2',
	]) {
		t.notThrows(() => new RedisStore(url), url);
	}
});

test('a URL says how long its client waits, whatever else it says', async t => {
	const limits = 'connectTimeout=300&commandTimeout=700';
	for (const url of [
		`redis://127.0.0.1:1/2?family=4&connectionName=shop&${limits}&protocol=2&enableReadyCheck=false&disableClientInfo=true`,
		`redis+cluster://127.0.0.1:1?${limits}`,
		`redis+sentinel://127.0.0.1:1/mymaster?${limits}`,
	]) {
		const client = await openRedis(parseRedisUrl(url), () => {});
		t.teardown(() => client.disconnect());
		const options = client instanceof Cluster ? client.options.redisOptions : client.options;
		t.like(options, {connectTimeout: 300, commandTimeout: 700, socketTimeout: 700}, url);
		if (url.startsWith('redis:')) t.like(options, {protocol: 2, enableReadyCheck: false, disableClientInfo: true});
		if (url.startsWith('redis:')) t.like(options, {family: 4, db: 2, connectionName: 'shop'});
	}
});

test('a URL leads to its database with its login', async t => {
	const server = await privateRedis(t);
	const operator = connect(t, server.url);
	await operator.call('ACL', 'SETUSER', 'ann', 'on', '>p@ss/word', '~*', '+@all');
	const {host} = new URL(server.url);
	for (const [place, rest] of ['/1', '?db=2', '/3?db=3&connectionName=shop'].entries()) {
		const store = openStore(t, `redis://ann:p@ss%2Fword@${host}${rest}`);
		await create(store, 'key', record());
		await operator.select(place + 1);
		t.is(await operator.dbsize(), 1, rest);
	}
	t.regex(String(await operator.client('LIST')), /name=shop .*user=ann/);
});

test('a URL with TLS speaks TLS, in whatever case it is written', async t => {
	const server = createServer(socket => {
		socket.on('error', () => {});
		socket.once('data', octets => {
			server.emit('octets', octets);
			socket.destroy();
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	const {port} = server.address() as AddressInfo;
	/** The first octet of a command, and of a handshake. */
	const [plain, encrypted] = ['*'.charCodeAt(0), 0x16];
	for (const [scheme, expected] of [
		['redis', plain],
		['rediss', encrypted],
		['REDISS', encrypted],
		['Rediss', encrypted],
		['Rediss+Cluster', encrypted],
	] as const) {
		const said = once(server, 'octets');
		const opening = openRedis(parseRedisUrl(`${scheme}://127.0.0.1:${port}?connectTimeout=60000`), () => {});
		const [[first]] = (await said) as [Buffer];
		(await opening).disconnect();
		t.is(first, expected, scheme);
	}
});
