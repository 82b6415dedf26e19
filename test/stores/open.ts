import {execFile} from 'node:child_process';
import {cp, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {SessionError} from '../../source/errors.ts';
import {DynamoStore} from '../../source/stores/dynamodb.ts';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {MemcachedStore} from '../../source/stores/memcached.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {MongoStore} from '../../source/stores/mongodb.ts';
import {NullStore} from '../../source/stores/null.ts';
import {checkUrl, open} from '../../source/stores/open.ts';
import {RedisStore} from '../../source/stores/redis.ts';
import {redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

test('each scheme opens its store, in any case, and with its parameters', async t => {
	for (const [url, Store] of [
		['null:', NullStore],
		['NULL:', NullStore],
		['null://', NullStore],
		['memory:', MemoryStore],
		['memory:?maxEntries=5', MemoryStore],
		['file:./sessions', FilesystemStore],
		['file:sessions?pruneEvery=0&mode=660', FilesystemStore],
		['File:///var/lib/sessions?mode=0640', FilesystemStore],
		['redis://localhost', RedisStore],
		['rediss://ada:5up3rs3cr3t@localhost:6380/2', RedisStore],
		['REDIS://localhost', RedisStore],
		['redis+cluster://one:6379,two:6379', RedisStore],
		['redis+sentinel://one:26379,two:26379/mymaster', RedisStore],
		['memcached://one:11211,two:11211', MemcachedStore],
		['mongodb://ada:5up3rs3cr3t@localhost/koa_session', MongoStore],
		['dynamodb://eu-central-1/sessions?endpoint=http://127.0.0.1:1', DynamoStore],
	] as const) {
		t.notThrows(() => checkUrl(url), url);
		const store = await open(url);
		t.teardown(() => store.close?.());
		t.true(store instanceof Store, url);
	}
});

test('parameters reach the store', async t => {
	const small = await open('memory:?maxEntries=2');
	const record = {bytes: new Uint8Array([1]), expiresAt: Date.now() + 60_000};
	for (const key of ['a', 'b', 'c']) await small.create(key, record);
	t.deepEqual(await Promise.all(['a', 'b', 'c'].map(async key => Boolean(await small.read(key)))), [false, true, true]);
});

test('a directory may be relative, absolute, or percent-encoded', async t => {
	const directory = await temporaryDirectory(t);
	const record = {bytes: new Uint8Array([1]), expiresAt: Date.now() + 60_000};
	for (const [url, expected] of [
		[`file:${directory}/a b`, 'a b'],
		[`file:${directory}/c%20d`, 'c d'],
		[pathToFileURL(join(directory, 'e?f#g')).href.replace('#', '%23'), 'e?f#g'],
		[`file://${directory}/h`, 'h'],
	] as const) {
		const store = await open(url);
		await store.create('key', record);
		t.truthy(await new FilesystemStore({directory: join(directory, expected)}).read('key'), url);
	}
});

test('a store of a real server works', async t => {
	const store = await open(await redisUrl());
	t.is(await store.read('nothing'), undefined);
	await store.close?.();
});

const wrong: Readonly<Record<string, readonly string[]>> = {
	'to begin with one of `null:`, `memory:`, `file:`': [
		'',
		'sessions',
		'./sessions',
		'://',
		':',
		'1redis://localhost',
		' redis://a',
	],
	'got no scheme': ['', 'localhost', '//localhost'],
	'got `http:`': ['http://ada:5up3rs3cr3t@localhost', 'HTTP:5up3rs3cr3t'],
	'got `localhost:`': ['localhost:6379'],
	'got `redis+unix:`': ['redis+unix:/5up3rs3cr3t'],
	'got `constructor:`': ['constructor:'],
	'of `null:` to have nothing after the scheme': ['null:5up3rs3cr3t', 'null://host'],
	'of `null:` to have no parameters': ['null:?a=5up3rs3cr3t', 'null:?__proto__=1'],
	'of `memory:` to have nothing after the scheme': ['memory:5up3rs3cr3t', 'memory:/a', 'memory:///'],
	'of `memory:` to have no parameters but `maxEntries`': [
		'memory:?maxentries=5',
		'memory:?size=5',
		'memory:?maxEntries=5&x',
	],
	'of `memory:` to have a `maxEntries` like `10000`': [
		...['', '0', '-1', '1.5', '1e3', 'many', '05', ' 5', '5up3rs3cr3t'].map(value => `memory:?maxEntries=${value}`),
		'memory:?maxEntries',
		'memory:?maxEntries=5&maxEntries=x',
	],
	'of `redis:` to be like `redis://user:password@127.0.0.1:6379/0`': [
		'redis:',
		'redis:5up3rs3cr3t',
		'redis:/127.0.0.1',
		'redis://localhost/5up3rs3cr3t',
	],
	'of `postgres:` to be like `postgres://user:password@host/database`': ['postgres:', 'postgres:5up3rs3cr3t/app'],
	'of `file:` to have no parameters but `mode`, `pruneEvery`': ['file:./a?directory=b', 'file:./a?toString=1'],
	'of `file:` to have a `pruneEvery` like `100`': [
		'file:./a?pruneEvery=',
		'file:./a?pruneEvery=-1',
		'file:./a?pruneEvery=x',
	],
	'of `file:` to have a `mode` like `600`': [
		'file:./a?mode=',
		'file:./a?mode=400',
		'file:./a?mode=777',
		'file:./a?mode=0o600',
	],
	'of `file:` to be like `file:./sessions`': [
		'file:',
		'file:?mode=600',
		'file://host/5up3rs3cr3t',
		'file:./a%00b',
		'file:./%E0%A4%A',
	],
};

for (const [expected, urls] of Object.entries(wrong)) {
	test(`what is expected of a URL is said, and nothing of it is shown: ${expected}`, async t => {
		for (const url of urls) {
			const error = t.throws(() => checkUrl(url), {instanceOf: SessionError, code: 'ERR_SESSION_STORE_URL'}, url);
			t.true(error?.message.startsWith('Expected the store URL '), url);
			t.true(error?.message.includes(expected), `${url}: ${error?.message}`);
			t.notRegex(String(error?.stack), /5up3rs3cr3t/);
			await t.throwsAsync(open(url), {message: error?.message ?? ''}, 'nothing is opened');
		}

		t.pass();
	});
}

/** URLs by the libraries that they need. */
const needing = {
	ioredis: 'rediss://ada:5up3rs3cr3t@localhost',
	'memcache-client': 'memcached://localhost:11211',
	mongodb: 'mongodb://ada:5up3rs3cr3t@localhost/koa_session',
	'@aws-sdk/client-dynamodb': 'dynamodb://eu-central-1/sessions',
	'kysely pg': 'postgres://ada:5up3rs3cr3t@localhost/app',
	'kysely mysql2': 'mysql://ada:5up3rs3cr3t@localhost/app',
};

test('a client library that is not installed is an error that says what to install, without the password', async t => {
	// Not `tmpdir()`, where anybody's `node_modules` would lend its packages.
	const folder = await mkdtemp('/var/tmp/koa-server-session-open-');
	t.teardown(() => rm(folder, {recursive: true, force: true}));
	await cp(new URL('../../source', import.meta.url), join(folder, 'source'), {recursive: true});
	// Without the `imports` of the package, the code would be that of a bundle, which can't tell what is installed.
	await writeFile(join(folder, 'package.json'), '{"type": "module", "imports": {"#*": "./source/*.ts"}}');
	const program = `
		import {inspect} from 'node:util';
		import {checkUrl, open} from './source/stores/open.ts';
		const say = error => console.log(JSON.stringify({code: error.code, message: error.message, all: inspect(error)}));
		for (const url of ${JSON.stringify(Object.values(needing))}) {
			try { checkUrl(url); } catch (error) { say(error); }
			await open(url).catch(say);
		}
		await (await open('memory:')).read('key');
		await (await open('file:./sessions')).read('key');
		console.log('"done"');`;
	const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
		cwd: folder,
		timeout: 60_000,
	});
	const said = stdout
		.trim()
		.split('\n')
		.map(line => JSON.parse(line));
	t.is(said.pop(), 'done', 'stores that need no library work');
	t.deepEqual(
		said.map(({code, message}) => ({code, message})),
		Object.keys(needing).flatMap(libraries => {
			const [library] = libraries.split(' ');
			const message = `Could not load \`${library}\`, which this store needs. Run \`npm install ${libraries}\``;
			return new Array(2).fill({code: 'ERR_SESSION_STORE_URL', message});
		}),
	);
	for (const {all} of said) t.notRegex(all, /5up3rs3cr3t/);
});
