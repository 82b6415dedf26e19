import {DynamoDB, DynamoDBClient, type DynamoDBClientConfig, type GetItemCommand} from '@aws-sdk/client-dynamodb';
import {DynamoDBDocument, DynamoDBDocumentClient} from '@aws-sdk/lib-dynamodb';
import test, {type ExecutionContext} from 'ava';
import {type DynamoClient, DynamoStore} from '../../../source/stores/dynamodb.ts';
import {conformsInShort} from '../../helpers/stores/conforms-in-short.ts';
import {newTableUrl} from '../../helpers/stores/dynamodb.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, record} from '../../helpers/stores/records.ts';

// An application may have set its client to change replies. A store reads them all the same, or says what to change.

/** A client, and a store on a new table. */
const open = async (
	t: ExecutionContext,
	makeClient: (config: DynamoDBClientConfig) => DynamoClient & {destroy(): void},
): Promise<DynamoStore> => {
	const {hostname: region, pathname, searchParams} = new URL(await newTableUrl());
	const client = makeClient({region, endpoint: searchParams.get('endpoint') ?? ''});
	t.teardown(() => client.destroy());
	return new DynamoStore(client, {table: pathname.slice(1)});
};

const marshalling = {
	marshallOptions: {convertEmptyValues: true, removeUndefinedValues: true, convertClassInstanceToMap: true},
	unmarshallOptions: {wrapNumbers: true, convertWithoutMapWrapper: true},
};

const clients: Readonly<Record<string, (config: DynamoDBClientConfig) => DynamoClient & {destroy(): void}>> = {
	'a document client': config => DynamoDBDocumentClient.from(new DynamoDBClient(config), marshalling),
	'a full document client': config => DynamoDBDocument.from(new DynamoDBClient(config), marshalling),
	'a client of all operations': config => new DynamoDB(config),
	'a client that tries once': config => new DynamoDBClient({...config, maxAttempts: 1}),
	'a client that adapts': config => new DynamoDBClient({...config, retryMode: 'adaptive'}),
};
const traits = {keeps: true, compareAndSwap: true, bySubject: true, keys: true, maxBytes: true};
for (const [name, makeClient] of Object.entries(clients)) conformsInShort(name, t => open(t, makeClient), traits);

/** Attributes without their types, as a document client returns them for commands of its own. */
const plain = (item: Record<string, object>): object =>
	Object.fromEntries(Object.entries(item).map(([name, value]) => [name, Object.values(value)[0]]));

test('items in a form that nobody could read fail the call, and the error says what to change', async t => {
	let isPlain = false;
	const store = await open(t, config => {
		const client = new DynamoDBClient(config);
		return {
			destroy: () => client.destroy(),
			async send(command, options) {
				const output: {Item?: Record<string, object> | undefined; Items?: Record<string, object>[]} = await client.send(
					command as GetItemCommand,
					options,
				);
				if (!isPlain) return output;
				return {...(output.Item && {Item: plain(output.Item)}), ...(output.Items && {Items: output.Items.map(plain)})};
			},
		};
	});
	await create(store, 'key', {...record(), subject: 'ann'});
	isPlain = true;
	const expected = {code: 'ERR_SESSION_STORE', message: /in another form.*plain `DynamoDBClient`/};
	await t.throwsAsync(store.read('key'), expected);
	await t.throwsAsync(keysOf(store.bySubject('ann')), expected);
	await t.throwsAsync(keysOf(store.keys('')), expected);
});

test('what is no client of the library is refused, and the error says which one is', t => {
	for (const wrong of [{}, null, 1, {get() {}, put() {}}] as never[]) {
		t.throws(() => new DynamoStore(wrong), {
			instanceOf: TypeError,
			message: 'Expected a `DynamoDBClient` of `@aws-sdk/client-dynamodb` 3, or a URL',
		});
	}
});
