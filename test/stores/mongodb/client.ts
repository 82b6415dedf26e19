import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import test from 'ava';
import {SessionError} from '../../../source/errors.ts';
import type {Store} from '../../../source/store.ts';
import {MongoStore} from '../../../source/stores/mongodb.ts';
import {checkUrl, open} from '../../../source/stores/open.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {stopwatch} from '../../helpers/order/stopwatch.ts';
import {endsByItself} from '../../helpers/processes/ends-by-itself.ts';
import {collectionUrl, connect, mongoUrl, openStore, patience, privateMongo} from '../../helpers/stores/mongodb.ts';
import {noVersion, record} from '../../helpers/stores/records.ts';

/** A server that is told to pause still answers for a moment. */
const untilOneFails = async (store: Store): Promise<void> => {
	for (;;) await store.touch('key', record().expiresAt, noVersion);
};

test('a URL must be one of MongoDB; a message about it shows no password', t => {
	const wrong = ['http://user:secret@localhost', 'localhost:27017', 'secret', '', 'mongodb:', 'mongodb:///secret'];
	const names = ['mongodb://h/a%zzsecret', 'mongodb://h/a/b', 'mongodb://h/a.b', `mongodb://h/${'x'.repeat(64)}`];
	for (const url of [...wrong, ...names]) {
		const error = t.throws(() => new MongoStore(url), {instanceOf: TypeError}, url);
		t.regex(error.message, /^Expected a URL like `mongodb:\/\/|^Expected `database` to be a name/);
		t.notRegex(error.message, /secret/);
	}
	const right = ['mongodb://localhost', 'mongodb+srv://user:secret@example.com/shop?w=1', 'mongodb://[::1]:1,h:2/a'];
	for (const url of [...right, undefined]) t.notThrows(() => new MongoStore(url));
});

test('a name must be one that MongoDB takes', t => {
	for (const database of ['', 'a.b', 'a b', '$a', 'a/b', 'a\0', 'x'.repeat(64)]) {
		t.throws(() => new MongoStore('mongodb://h', {database}), {message: /^Expected `database`/});
	}
	for (const collection of ['', '$a', 'a$b', '.a', 'a..b', 'a.', 'system.users', 'a\0']) {
		t.throws(() => new MongoStore('mongodb://h', {collection}), {message: /^Expected `collection`/});
	}
});

test('open() takes the collection from the query and leaves the rest to the driver', async t => {
	const server = await privateMongo(t);
	const store = await openStore(t, `${server.url}/a_shop?collection=a%2Bb&appName=a%20b&maxPoolSize=3&${patience}`);
	await store.create('key', record());
	t.is(await connect(t, server.url).db('a_shop').collection('a+b').countDocuments(), 1);
});

test('open() refuses what it can not read, and shows no password', async t => {
	for (const url of ['mongodb:', 'mongodb://', 'mongodb://u:secret@h/a.b', 'mongodb://u:secret@h/a?collection=$x']) {
		const error = t.throws(() => checkUrl(url), {instanceOf: SessionError, code: 'ERR_SESSION_STORE_URL'}, url);
		t.regex(error.message, /mongodb:\/\/host\/database\?collection=sessions/);
		t.notRegex(error.message, /secret/);
	}
	for (const [parameters, expected] of [
		['colection=x', /option colection is not supported/],
		['maxPoolSize=secret', /driver takes: see its manual$/],
		['tls=true&tlsCertificateKeyFilePassword=secret&tlsInsecure=secret', /driver takes: see its manual$/],
	] as const) {
		const store = await open(`mongodb://u:secret@h/?${parameters}`);
		const error = await t.throwsAsync(store.read('key'), {instanceOf: SessionError, code: 'ERR_SESSION_STORE_URL'});
		t.regex(error.message, expected);
		t.notRegex(inspect(error, {showHidden: true}), /secret/);
	}
});

test('a process ends on its own: with a store never used, one closed, and one whose client was closed', async t => {
	await endsByItself(
		t,
		`import {MongoClient} from 'mongodb';
		import {MongoStore} from './source/stores/mongodb.ts';
		import {open} from './source/stores/open.ts';
		const [, url] = process.argv;
		await open(url);
		const closed = await open(url);
		await closed.read('nothing');
		await closed.close();
		const client = new MongoClient(url.replace(/collection=[^&]*&/, ''));
		const borrowing = new MongoStore(client);
		await borrowing.read('nothing');
		await borrowing.close();
		await client.close();`,
		await collectionUrl(),
	);
});

test('a server that is down fails a call soon, and is found again', async t => {
	const server = await privateMongo(t);
	const store = await openStore(t, server.url);
	const client = connect(t, server.url, {serverSelectionTimeoutMS: 500});
	const borrowing = new MongoStore(client);
	// On a busy machine the first may fail, and a connection that nobody asked for isn't tried again.
	await eventually(() => client.connect());
	await eventually(() => store.create('key', record()));
	await eventually(() => borrowing.read('key'));
	await server.kill();

	const elapsed = stopwatch(t);
	const version = noVersion;
	const calls = [store.read('key'), store.update('key', record(), version), store.delete('key'), borrowing.read('key')];
	await Promise.all(calls.map(call => t.throwsAsync(call, {message: /ECONNREFUSED/})));
	// The driver's own limit is 30 s.
	t.true(elapsed() < 20_000);

	// What the stand-in kept is gone by now.
	await server.restart();
	const created = await eventually(() => store.create('other', record()));
	t.is((await eventually(() => borrowing.read('other')))?.version, created);
});

test('a store may be made before its server runs', async t => {
	const server = await privateMongo(t);
	await server.kill();
	const store = await openStore(t, server.url);
	const calls = Array.from({length: 5}, () => store.read('key'));
	await Promise.all(calls.map(call => t.throwsAsync(call, {message: /ECONNREFUSED/})));
	await server.restart();
	t.is(await eventually(() => store.read('key')), undefined);
});

test('a server that hangs fails its calls in the end, however many there are, and is used again', async t => {
	const server = await privateMongo(t);
	const store = await openStore(t, `${server.url}/?socketTimeoutMS=500&waitQueueTimeoutMS=500&maxPoolSize=5`);
	await eventually(() => store.create('key', record()));
	server.pause();
	await t.throwsAsync(untilOneFails(store));
	const calls = Array.from({length: 50}, () => store.touch('key', record().expiresAt, noVersion));
	const outcomes = await Promise.allSettled(calls);
	t.deepEqual(new Set(outcomes.map(({status}) => status)), new Set(['rejected']));

	server.resume();
	t.truthy(await eventually(() => store.read('key')));
});

test('without limits in its URL, too, a call to a server that hangs ends', async t => {
	const server = await privateMongo(t);
	const store = await openStore(t, server.url);
	const version = await eventually(() => store.create('key', record()));
	server.pause();
	await t.throwsAsync(untilOneFails(store), {message: /timed out/});
	server.resume();
	t.true(await eventually(() => store.touch('key', record().expiresAt, version ?? noVersion)));
});

test('an error tells the reason, and nothing that is secret', async t => {
	const quoting = [
		'not authorized on shop to execute command { find: "sessions", filter: { _id: "secret-key" } }',
		'E11000 duplicate key error collection: shop.sessions index: subject_1 dup key: { subject: "secret-name" }',
		'BSONObj size: 16793600 is invalid. First element: _id: "secret-key"',
	];
	for (const message of quoting) {
		const failing = async () => {
			const filter = {_id: 'secret-key', subject: 'secret-name'};
			throw Object.assign(new Error(message), {code: 13, keyValue: filter, errorResponse: {filter}});
		};
		const client = connect(t, await mongoUrl());
		const store = new MongoStore({
			db: database => ({
				collection: (name, options) =>
					Object.assign(client.db(database).collection(name, options), {findOne: failing, updateOne: failing}),
			}),
		});
		for (const call of [store.read('secret-key'), store.touch('secret-key', record().expiresAt, noVersion)]) {
			const error = await t.throwsAsync<NodeJS.ErrnoException>(call);
			assert.equal(error.message, message.replace(/ ?[{"].*/, ''));
			t.deepEqual([error.code, error.cause], [13, undefined]);
			t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-/);
		}
	}
});

test('an error of the server itself shows nothing that is secret', async t => {
	const store = await openStore(t, await collectionUrl());
	const tooLarge = {...record(), bytes: Buffer.alloc(2 ** 26, 'secret-data'), subject: 'secret-name'};
	const error = await t.throwsAsync(store.create('secret-key', tooLarge));
	t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-/);
});
