import assert from 'node:assert/strict';
import dns from 'node:dns';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {LookupFunction} from 'node:net';
import {inspect} from 'node:util';
import {
	CreateTableCommand,
	DynamoDBClient,
	UpdateTimeToLiveCommand,
	waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import test from 'ava';
import {SessionError} from '../../../source/errors.ts';
import {type DynamoClient, DynamoStore} from '../../../source/stores/dynamodb.ts';
import {open} from '../../../source/stores/open.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {answeredWhileBusy} from '../../helpers/order/busy.ts';
import {stopwatch} from '../../helpers/order/stopwatch.ts';
import {endsByItself} from '../../helpers/processes/ends-by-itself.ts';
import {connect, newTableUrl, openStore, privateDynamo, watchCommands} from '../../helpers/stores/dynamodb.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {noVersion, record} from '../../helpers/stores/records.ts';
import {tableUrl} from '../../services/dynamodb.ts';

// One after the other, since most start a server.

/** A store on a new table of a server of its own. */
const openPrivate = async (t: Parameters<typeof connect>[0]) => {
	const server = await privateDynamo(t);
	const url = tableUrl(server, 'sessions');
	const store = openStore(t, url);
	await store.createTable();
	return {server, url, store};
};

test.serial('a URL may leave out all but the scheme; a message about another form shows nothing of it', async t => {
	for (const url of [
		'http://127.0.0.1/secret',
		'secret',
		'',
		'dynamodb:secret',
		'dynamodb://Region_secret',
		'dynamodb://user:secret@region/table',
		'dynamodb://region/sessions/secret',
		'dynamodb://region/no',
		'dynamodb://region/sessions?secret=1',
		'dynamodb://region/sessions?endpoint=secret',
		'dynamodb://region/sessions?commandTimeout=secret',
		'dynamodb://region/sessions?connectTimeout=0',
		'dynamodb://region/sessions?pool=secret',
		'dynamodb://region/sessions?endpoint=http://user:secret@host',
	]) {
		const error = t.throws(() => new DynamoStore(url), {instanceOf: SessionError, code: 'ERR_SESSION_STORE_URL'}, url);
		t.notRegex(error.message, /secret/);
	}
	for (const url of [
		undefined,
		'dynamodb://',
		'dynamodb://eu-central-1',
		'dynamodb:///sessions',
		'dynamodb://eu-central-1/sessions?endpoint=https://dynamodb.eu-central-1.amazonaws.com/',
	]) {
		t.notThrows(() => new DynamoStore(url));
	}
	t.true((await open('dynamodb://eu-central-1/sessions')) instanceof DynamoStore);
	await t.throwsAsync(open('dynamodb:sessions'), {code: 'ERR_SESSION_STORE_URL'});
});

test.serial(
	'a process ends on its own: with a store never used, one in use, one closed, and one that borrows',
	async t => {
		await endsByItself(
			t,
			`import {DynamoDBClient} from '@aws-sdk/client-dynamodb';
		import {DynamoStore} from './source/stores/dynamodb.ts';
		const [, url] = process.argv;
		new DynamoStore(url);
		await new DynamoStore(url).read('nothing');
		const closed = new DynamoStore(url);
		await closed.read('nothing');
		await closed.close();
		const {hostname: region, pathname, searchParams} = new URL(url);
		const client = new DynamoDBClient({region, endpoint: searchParams.get('endpoint')});
		await new DynamoStore(client, {table: pathname.slice(1)}).read('nothing');`,
			await newTableUrl(),
		);
	},
);

test.serial('a server that hangs fails a call in time, no matter who made the client, and is found again', async t => {
	const {server, url, store} = await openPrivate(t);
	const borrowing = new DynamoStore(connect(t, url));
	const version = await store.create('key', record());
	await borrowing.read('key');
	server.pause();

	const startedAt = performance.now();
	const elapsed = stopwatch(t);
	await Promise.all(
		[store, borrowing].flatMap(store =>
			[store.read('key'), store.update('key', record(), version ?? noVersion), store.delete('key')].map(call =>
				t.throwsAsync(call, {code: 'ERR_SESSION_STORE_TIMEOUT'}),
			),
		),
	);
	const took = performance.now() - startedAt;
	t.true(took > 4900, `${took} ms`);
	t.true(elapsed() < 8000, `${elapsed()} ms`);

	server.resume();
	await store.create('other', record());
	t.truthy(await borrowing.read('other'));
});

test.serial('a URL says how long a command may take, and how many connections there are', async t => {
	const {server} = await openPrivate(t);
	const proxy = await startProxy(server.port);
	t.teardown(() => proxy.close());
	const url = tableUrl({url: `http://127.0.0.1:${proxy.port}`}, 'sessions');
	const read = (parameters: string) => {
		const store = openStore(t, `${url}${parameters}`);
		return Promise.all(Array.from({length: 12}, () => store.read('key')));
	};

	await read('&pool=2&connectTimeout=30000&commandTimeout=30000');
	t.is(proxy.connections, 2);
	await read('');
	t.is(proxy.connections, 2 + 12, 'by default as many as are asked for');

	server.pause();
	const elapsed = stopwatch(t);
	await t.throwsAsync(read('&commandTimeout=300'), {code: 'ERR_SESSION_STORE_TIMEOUT', message: /within 300 ms/});
	t.true(elapsed() < 4000);
	server.resume();
});

test.serial(
	'a process that was busy for longer than the time limit still takes the answer that came in the meantime',
	async t => {
		const {url} = await openPrivate(t);
		const client = connect(t, url);
		const send = async (...parameters: Parameters<typeof client.send>) => {
			const answer = await client.send(...parameters);
			await answeredWhileBusy(5100);
			return answer;
		};
		await t.notThrowsAsync(new DynamoStore(Object.assign(Object.create(client), {send})).read('key'));
	},
);

test.serial('credentials that never come fail a call in time', async t => {
	const {url} = await openPrivate(t);
	const client = new DynamoDBClient({
		region: 'us-east-1',
		endpoint: new URL(url).searchParams.get('endpoint') ?? '',
		credentials: () => new Promise(() => {}),
	});
	t.teardown(() => client.destroy());
	// The deadline's own timer lets a process end.
	const alive = setInterval(() => {}, 1000);
	t.teardown(() => clearInterval(alive));
	await t.throwsAsync(new DynamoStore(client).read('key'), {
		code: 'ERR_SESSION_STORE_TIMEOUT',
		message: /credentials/,
	});
});

test.serial('a server that is gone fails a call at once, and is found again with all that it acknowledged', async t => {
	const {server, url, store} = await openPrivate(t);
	const borrowing = new DynamoStore(connect(t, url));
	const version = await store.create('key', record());
	await borrowing.read('key');
	await server.kill();

	const elapsed = stopwatch(t);
	for (const store of [openStore(t, url), borrowing]) {
		await t.throwsAsync(store.read('key'), {message: /ECONNREFUSED/});
		await t.throwsAsync(store.update('key', record(), version ?? noVersion), {message: /ECONNREFUSED/});
	}
	t.true(elapsed() < 5000);

	await server.restart();
	t.is((await store.read('key'))?.version, version);
	t.is((await borrowing.read('key'))?.version, version);
});

test.serial('a connection that can not be made leaves time for another', async t => {
	const {server} = await openPrivate(t);
	const {lookup}: {lookup: LookupFunction} = dns;
	t.teardown(() => Object.assign(dns, {lookup}));
	let lookups = 0;
	const hangOnce: LookupFunction = (_host, ...rest) => {
		// As connecting to an address does that is gone.
		if (++lookups > 1) lookup('127.0.0.1', ...rest);
	};
	Object.assign(dns, {lookup: hangOnce});
	const url = tableUrl({url: `http://dynamodb.test:${server.port}`}, 'sessions');
	// A little more than the default, since the machine may be busy.
	t.is(await openStore(t, `${url}&commandTimeout=6500`).read('key'), undefined);
	t.is(lookups, 2);
});

test.serial('the table is made once, by however many at once', async t => {
	const server = await privateDynamo(t);
	const url = tableUrl(server, 'sessions');
	const stores = Array.from({length: 10}, () => openStore(t, url));
	const [store] = stores;
	assert.ok(store);
	await t.throwsAsync(store.read('key'), {name: 'ResourceNotFoundException', message: /`createTable\(\)`/});

	await Promise.all(stores.map(store => store.createTable()));
	const version = await store.create('key', {...record(), subject: 'ann'});
	await store.createTable();
	t.is((await store.read('key'))?.version, version);
	t.deepEqual(await keysOf(store.bySubject('ann')), ['key']);
});

test.serial('a table of another shape is not taken for one of the store', async t => {
	const server = await privateDynamo(t);
	const url = tableUrl(server, 'orders');
	const client = connect(t, url);
	await client.send(
		new CreateTableCommand({
			TableName: 'orders',
			BillingMode: 'PAY_PER_REQUEST',
			AttributeDefinitions: [{AttributeName: 'id', AttributeType: 'S'}],
			KeySchema: [{AttributeName: 'id', KeyType: 'HASH'}],
		}),
	);
	await waitUntilTableExists({client, minDelay: 1, maxWaitTime: 20}, {TableName: 'orders'});
	await t.throwsAsync(openStore(t, url).createTable(), {code: 'ERR_SESSION_STORE', message: /another name/});
	await t.throwsAsync(openStore(t, url).read('key'), {name: 'ValidationException'});
});

/** A client whose time to live is turned on for an attribute already, as AWS says it. */
const withTimeToLive = (client: DynamoClient, AttributeName: string) => {
	const sent: unknown[] = [];
	const store = new DynamoStore({
		async send(command, options) {
			if (!command.constructor.name.includes('TimeToLive')) return client.send(command, options);
			sent.push(command instanceof UpdateTimeToLiveCommand ? command.input : undefined);
			if (!(command instanceof UpdateTimeToLiveCommand))
				return {TimeToLiveDescription: {TimeToLiveStatus: 'ENABLED', AttributeName}};
			throw Object.assign(new Error('TimeToLive is already enabled'), {name: 'ValidationException'});
		},
	});
	return {store, sent};
};

test.serial('the time to live is turned on, and may be on already, except for another attribute', async t => {
	const {url} = await openPrivate(t);
	const {store, sent} = withTimeToLive(connect(t, url), 'expires_at_seconds');
	await store.createTable();
	t.like(sent[0], {TimeToLiveSpecification: {Enabled: true, AttributeName: 'expires_at_seconds'}});
	await t.throwsAsync(withTimeToLive(connect(t, url), 'other').store.createTable(), {name: 'ValidationException'});
});

test.serial('an error tells the reason, and nothing that is secret', async t => {
	const {url, store} = await openPrivate(t);
	const rejecting = (error: unknown) => new DynamoStore(watchCommands(connect(t, url), () => Promise.reject(error)));
	const signature = Object.assign(
		new Error('The request signature does not match.\n\nThe Canonical String was\nx-amz-security-token:secret-token'),
		{name: 'InvalidSignatureException', $response: {headers: {authorization: 'secret-header'}}},
	);
	const refused = Object.assign(new AggregateError([new Error('secret-address')]), {code: 'ECONNREFUSED'});
	const secret = {...record('secret-data'), subject: 'secret-name'};
	for (const [failing, expected] of [
		[rejecting(signature), /^The request signature does not match\.$/],
		[rejecting(refused), /^ECONNREFUSED$/],
		[rejecting('secret-text'), /^Unknown fault$/],
		[openStore(t, url.replace('sessions', 'missing')), /`createTable\(\)`/],
	] as const) {
		const error = await t.throwsAsync(failing.create('secret-key', secret));
		t.regex(error?.message ?? '', expected);
		t.is(error?.cause, undefined);
		t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-/);
	}

	const large = {...secret, bytes: Buffer.alloc(500_000, 'secret-data')};
	const error = await t.throwsAsync(store.create('secret-key', large), {name: 'ValidationException'});
	t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-/);
});

test.serial('a request that DynamoDB refuses as one too many says so before `storeTimeout` has passed', async t => {
	// As AWS answers: no server that imitates it has a limit.
	const server = createServer((request, response) => {
		request.resume();
		response.writeHead(400, {'content-type': 'application/x-amz-json-1.0'});
		const name = 'ProvisionedThroughputExceededException';
		response.end(JSON.stringify({__type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'Too many requests.'}));
	}).listen(0, '127.0.0.1');
	t.teardown(() => server.close());
	await once(server, 'listening');
	const address = server.address();
	assert.ok(typeof address === 'object' && address);
	const store = openStore(
		t,
		`dynamodb://us-east-1/sessions?endpoint=http://127.0.0.1:${address.port}&commandTimeout=3000`,
	);
	// The client would try again for seconds.
	await t.throwsAsync(store.read('key'), {
		name: 'ProvisionedThroughputExceededException',
		message: /^Too many requests\. DynamoDB refused.*raise the capacity of the table/,
	});
});
