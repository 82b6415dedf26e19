import {randomUUID} from 'node:crypto';
import {type AttributeValue, type DynamoDBClient, GetItemCommand, PutItemCommand} from '@aws-sdk/client-dynamodb';
import test from 'ava';
import {expectTypeOf} from 'expect-type';
import {toVersion} from '../../source/store.ts';
import {type DynamoClient, DynamoStore} from '../../source/stores/dynamodb.ts';
import {conforms} from '../helpers/stores/conforms.ts';
import {connect, newTableUrl, openTable, watchCommands} from '../helpers/stores/dynamodb.ts';
import {create, noVersion, record, update} from '../helpers/stores/records.ts';

const day = 86_400_000;

/** A new table, the application's own client for it, and a store on it. */
const open = async (t: Parameters<typeof connect>[0]) => {
	const url = await newTableUrl();
	const client = connect(t, url);
	const table = new URL(url).pathname.slice(1);
	return {url, client, table, store: new DynamoStore(client, {table})};
};

// Time stands still but for the cases' own steps, so the table still has what ended: it is us who must see that.
const traits = {keeps: true, compareAndSwap: true, bySubject: true, keys: true, maxBytes: true};
conforms(openTable, {...traits, closes: true});
conforms(async t => (await open(t)).store, traits, {prefix: "the application's client: ", only: 'closes'});

test.serial('the client of the library fits, and nothing else does', t => {
	expectTypeOf<DynamoDBClient>().toExtend<DynamoClient>();
	expectTypeOf<URL>().not.toExtend<DynamoClient>();
	t.throws(() => new DynamoStore('dynamodb://', {table: 'no name'}), {instanceOf: TypeError});
});

test.serial('DynamoDB is told the second by which a record has ended, never an earlier one', async t => {
	const {store, client, table} = await open(t);
	const times = async (key: string) => {
		const {Item} = await client.send(new GetItemCommand({TableName: table, Key: {key: {S: key}}}));
		return [Number(Item?.['expires_at']?.N), Number(Item?.['expires_at_seconds']?.N)];
	};

	for (const days of [0.01, 29, 30, 31, 400, 3650]) {
		const key = randomUUID();
		const end = Math.ceil((Date.now() + days * day) / 1000);
		const expiresAt = end * 1000 - 999;
		const version = await create(store, key, {...record(), expiresAt});
		t.deepEqual(await times(key), [expiresAt, end]);
		t.is((await store.read(key))?.expiresAt, expiresAt);

		const next = await update(store, key, {...record(), expiresAt: expiresAt + 1000}, version);
		t.deepEqual(await times(key), [expiresAt + 1000, end + 1]);
		await store.touch(key, expiresAt - 1, next);
		t.deepEqual(await times(key), [expiresAt - 1, end - 1]);
		t.is((await store.read(key))?.expiresAt, expiresAt - 1);
	}

	await store.create('for-ever', {...record(), expiresAt: Number.POSITIVE_INFINITY});
	t.true(((await store.read('for-ever'))?.expiresAt ?? 0) > Date.now() + 36_500 * day);
});

test.serial('the server takes the largest record under the longest key, of the longest subject', async t => {
	const {store} = await open(t);
	const key = 'k'.repeat(250);
	const subject = '\uFFFD'.repeat(255);
	const bytes = new Uint8Array(store.maxBytes).fill(7);
	const version = await create(store, key, {...record(), expiresAt: Date.now() + 400 * day + 0.123, subject});
	const next = await update(store, key, {bytes, expiresAt: Date.now() + 400 * day + 0.123, subject}, version);
	const stored = await store.read(key);
	t.is(stored?.version, next);
	t.is(Buffer.compare(stored?.bytes ?? new Uint8Array(), bytes), 0);
	t.true(store.maxBytes > 398 * 1024);
	await t.throwsAsync(store.create('other', {...record(), bytes: new Uint8Array(400 * 1024)}), {message: /size/});
});

test.serial(
	'every operation is one request; only a refused update is two, where the server tells not what it found',
	async t => {
		const {client, store} = await open(t);
		let requests: string[] = [];
		client.middlewareStack.add(
			(next, {commandName}) =>
				request => {
					requests.push(commandName?.replace('Command', '') ?? '');
					return next(request);
				},
			// After the step that tries again.
			{step: 'finalizeRequest', priority: 'low'},
		);
		const sentBy = async <Result>(call: () => Promise<Result>): Promise<readonly [string, Result]> => {
			requests = [];
			const result = await call();
			return [requests.join(' '), result];
		};

		const [created, first] = await sentBy(() => create(store, 'key', {...record(), subject: 'ann'}));
		const [taken] = await sentBy(() => store.create('key', record()));
		const [updated, second] = await sentBy(() => update(store, 'key', record(), first));
		const [touched] = await sentBy(() => store.touch('key', record().expiresAt, second));
		const [untouched] = await sentBy(() => store.touch('nothing', record().expiresAt, second));
		const [found] = await sentBy(() => store.read('key'));
		const [missed] = await sentBy(() => store.read('nothing'));
		const [lost] = await sentBy(() => store.update('key', record(), first));
		const [deleted] = await sentBy(() => store.delete('key'));
		t.deepEqual(
			{created, taken, updated, touched, untouched, found, missed, lost, deleted},
			{
				created: 'PutItem',
				taken: 'PutItem',
				updated: 'PutItem',
				touched: 'UpdateItem',
				untouched: 'UpdateItem',
				found: 'GetItem',
				missed: 'GetItem',
				lost: 'PutItem GetItem',
				deleted: 'DeleteItem',
			},
		);
	},
);

test.serial('a refused update asks no more, where the server tells what it found, as AWS does', async t => {
	const {client, table} = await open(t);
	const commands: string[] = [];
	let isReplyLost = false;
	const telling = watchCommands(client, async (name, send) => {
		commands.push(name);
		try {
			if (isReplyLost) await send();
			return await send();
		} catch (error) {
			const {Item} = await client.send(new GetItemCommand({TableName: table, Key: {key: {S: 'key'}}}));
			throw Object.assign(error as Error, {Item});
		}
	});
	const store = new DynamoStore(telling, {table});
	const version = await create(store, 'key', record());
	const next = await update(store, 'key', record(), version);
	t.is(await store.update('key', record(), version), 'conflict');
	t.deepEqual(commands, ['PutItemCommand', 'PutItemCommand', 'PutItemCommand']);

	await store.touch('key', Date.now(), next);
	t.is(await store.update('key', record(), version), 'missing');
	t.deepEqual(commands.slice(3), ['UpdateItemCommand', 'PutItemCommand']);

	const again = await create(store, 'key', record());
	isReplyLost = true;
	const last = await update(store, 'key', record(), again);
	await update(store, 'key', {...record(), expiresAt: Date.now() - 1}, last);
	t.deepEqual(commands.slice(5), ['PutItemCommand', 'PutItemCommand', 'PutItemCommand']);
});

test.serial('an item that is no record counts as none', async t => {
	const {store, client, table} = await open(t);
	const items: Record<string, AttributeValue>[] = [
		{},
		{version: {S: 'version'}},
		{bytes: {S: 'text'}, version: {S: 'version'}, expires_at: {N: String(Date.now() + day)}},
		{bytes: {B: new Uint8Array()}, version: {S: 'version'}, expires_at: {S: 'tomorrow'}},
	];
	for (const [index, item] of items.entries()) {
		const key = `key-${index}`;
		await client.send(new PutItemCommand({TableName: table, Item: {key: {S: key}, ...item}}));
		t.is(await store.read(key), undefined);
		t.is(await store.update(key, record(), noVersion), 'missing');
	}
});

test.serial('a version that the store never made replaces nothing', async t => {
	const {store} = await open(t);
	await create(store, 'key', record());
	for (const version of ['', '1', ':next', 'x'.repeat(100)].map(toVersion)) {
		t.is(await store.update('key', record(), version), 'conflict');
		t.is(await store.update('other', record(), version), 'missing');
		t.false(await store.touch('key', record().expiresAt, version));
		t.false(await store.delete('key', version));
	}
	t.is(await store.read('other'), undefined);
});
