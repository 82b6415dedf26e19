import {checkObject} from '../options/checks.ts';
import {called, checkNames} from '../options/names.ts';
import type {SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../store.ts';
import type {DynamoClient} from './dynamodb/client.ts';
import {borrow, connectTo, type DynamoConnection, type MakeCommand} from './dynamodb/connection.ts';
import {Refusal} from './dynamodb/errors.ts';
import {decodeItem, encodeItem, encodeKey, encodeNumber, encodeSeconds, maxBytes} from './dynamodb/item.ts';
import {keys} from './dynamodb/keys.ts';
import {bySubject} from './dynamodb/subjects.ts';
import {createTable} from './dynamodb/table.ts';
import {parseDynamoUrl, tableName} from './dynamodb/url.ts';
import {ofClientStores} from './shared/other-stores.ts';
import {isKey, isLive} from './shared/record.ts';
import {parseStoreUrl} from './shared/store-url.ts';
import {drawVersion} from './shared/version.ts';
import type {Walk} from './shared/walk.ts';

export type {DynamoClient} from './dynamodb/client.ts';

/** Options of a `DynamoStore`. */
export type DynamoStoreOptions = {
	/**
	The name of the table.

	@default 'sessions', or the one in the URL
	*/
	readonly table?: string;
};

/**
Keeps sessions in a table of Amazon DynamoDB, or of a server that speaks its protocol.

Pass in your own `DynamoDBClient`, or a URL. A URL opens a client on first use, which `close()` closes; your own client stays
open. What the URL leaves out comes from the environment, as region and credentials do with AWS's library.

Create the table with `createTable()` or with your deployment tool: its partition key is the string `key`; an index `subject`
with the string `subject` as its partition key contains only the keys; and `expires_at_seconds` is its time to live. The
store needs the rights to `GetItem`, `PutItem`, `UpdateItem`, `DeleteItem` and `BatchGetItem`, and to `Query` the index;
for `keys()`, which `sessions.all()`, `count()` and `destroyAll()` use, also to `Scan`.

Every operation is one round trip with a consistent read or a condition. A refused `update()` takes a second one if there is
no item, or if the server doesn't return the item that was in the way. Each command takes at most 5 seconds, or the
`commandTimeout` of the URL.

Of a global table, all processes must use one region, unless it has multi-Region strong consistency: otherwise each region
checks conditions alone and the last writer wins, so a touch in one region could undo a logout in another.

DynamoDB removes expired items automatically, within days; until then they count as gone.

**`bySubject()` may miss new sessions.** DynamoDB's indexes follow the table with a delay, usually well below a second. Until
then, a session that was just created or just got its subject isn't found, and a logout everywhere misses it.
What is found is checked with consistent reads, so it never names a record that has ended or has another subject.

@example
import {DynamoDBClient} from '@aws-sdk/client-dynamodb';
import session from 'koa-server-session';
import {DynamoStore} from 'koa-server-session/stores/dynamodb';

const store = new DynamoStore(new DynamoDBClient({region: 'eu-central-1'}), {table: 'sessions'});
await store.createTable();
app.use(session(app, {store}));
*/
export class DynamoStore implements Store {
	/** DynamoDB's limit for an item, 400 KB, less what is kept beside the bytes. */
	readonly maxBytes: number = maxBytes;

	readonly #connection: DynamoConnection;
	readonly #table: string;

	/**
	@param client Your own client, or a URL: `dynamodb://region/table?endpoint=http://127.0.0.1:8000`. Without it, `dynamodb://`:
	the region is that of the environment.

	@throws SessionError `ERR_SESSION_STORE_URL` If the URL has another form.
	@throws TypeError If the client isn't one of AWS's library, or if DynamoDB doesn't allow that name for a table.
	*/
	constructor(client: DynamoClient | string = 'dynamodb://', options: DynamoStoreOptions = {}) {
		checkObject('options', options, "an object such as `{table: 'sessions'}`");
		checkNames(options, ['table'], {remedies: {...ofClientStores, tableName: called('table')}});
		const address = typeof client === 'string' ? parseDynamoUrl(parseStoreUrl(client)) : {};
		this.#connection = typeof client === 'string' ? connectTo(address) : borrow(client);
		this.#table = options.table ?? address.table ?? 'sessions';
		if (!tableName.test(this.#table))
			throw new TypeError('Expected `table` to be 3 to 255 letters, digits, `_`, `-` or `.`, as DynamoDB asks for');
	}

	/**
	Creates the table with its index, billed per request, and turns on its time to live. Idempotent.

	Resolves once the table can be used, which takes seconds on AWS. Any number of processes may call it at once. It needs
	the rights to `CreateTable`, `DescribeTable`, `UpdateTimeToLive` and `DescribeTimeToLive`.

	@throws SessionError `ERR_SESSION_STORE` If a table of that name has another key, or lacks the index.
	*/
	async createTable(): Promise<void> {
		await createTable(this.#connection, this.#table);
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		const version = drawVersion();
		const Item = encodeItem(key, record, version);
		const refusal = await this.#attempt(
			({PutItemCommand}) =>
				new PutItemCommand({
					TableName: this.#table,
					Item,
					// The client sends a write again whose reply was lost. No other write has its version.
					ConditionExpression: 'attribute_not_exists(version) OR expires_at <= :now OR version = :next',
					ExpressionAttributeValues: {':now': now(), ':next': {S: version}},
				}),
		);
		if (!refusal) return version;
		// As in `update()`.
		if (refusal.lost) throw refusal.lost;
		return undefined;
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		if (!isKey(key)) return undefined;

		const record = await this.#read(key);
		return record && isLive(record) ? record : undefined;
	}

	async update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		if (!isKey(key)) return 'missing';

		const next = drawVersion();
		const Item = encodeItem(key, record, next);
		return this.#connection.use(async ask => {
			const refusal = await this.#attempt(
				({PutItemCommand}) =>
					new PutItemCommand({
						TableName: this.#table,
						Item,
						ConditionExpression: `${isLiveAtVersion}${knownExpiry === undefined ? '' : ' AND expires_at = :known'}`,
						ExpressionAttributeValues: {
							':now': now(),
							':version': {S: version},
							...(knownExpiry !== undefined && {':known': encodeNumber(knownExpiry)}),
						},
						ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
					}),
				ask,
			);
			if (!refusal) return {version: next};

			const current = refusal.item ? decodeItem(refusal.item) : await this.#read(key, ask);
			// This very write, sent again after a lost reply. A condition that lets it pass would undo a touch in between.
			if (current?.version === next) return {version: next};
			if (!current || !isLive(current)) return 'missing';
			// The first copy may have been written and replaced since. After a `conflict`, the caller would make its change twice.
			if (refusal.lost) throw refusal.lost;
			return 'conflict';
		});
	}

	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		if (!isKey(key)) return false;

		const refusal = await this.#attempt(
			({UpdateItemCommand}) =>
				new UpdateItemCommand({
					TableName: this.#table,
					Key: encodeKey(key),
					// Without a condition, this would create an item where there is none.
					ConditionExpression: isLiveAtVersion,
					UpdateExpression: 'SET expires_at = :expiresAt, expires_at_seconds = :expiresAtSeconds',
					ExpressionAttributeValues: {
						':now': now(),
						':version': {S: version},
						':expiresAt': encodeNumber(expiresAt),
						':expiresAtSeconds': encodeSeconds(expiresAt),
					},
				}),
		);
		return !refusal;
	}

	async delete(key: string, version?: Version): Promise<boolean> {
		if (!isKey(key)) return false;

		const refusal = await this.#attempt(
			({DeleteItemCommand}) =>
				new DeleteItemCommand({
					TableName: this.#table,
					Key: encodeKey(key),
					ConditionExpression: version === undefined ? 'expires_at > :now' : isLiveAtVersion,
					ExpressionAttributeValues: {':now': now(), ...(version !== undefined && {':version': {S: version}})},
				}),
		);
		return !refusal;
	}

	bySubject(subject: string): Walk {
		return bySubject(this.#connection, this.#table, subject);
	}

	/** Reads the whole table, for which it needs the right to `Scan`. */
	keys(prefix: string): Walk {
		return keys(this.#connection, this.#table, prefix);
	}

	async close(): Promise<void> {
		await this.#connection.close();
	}

	/** Reads a record, expired or not. */
	async #read(key: string, ask = this.#connection.ask): Promise<VersionedRecord | undefined> {
		const {Item} = await ask(
			({GetItemCommand}) => new GetItemCommand({TableName: this.#table, Key: encodeKey(key), ConsistentRead: true}),
		);
		return Item && decodeItem(Item);
	}

	/** Sends a conditional write. Resolves with why it was refused, or with `undefined`. */
	async #attempt(makeCommand: MakeCommand<object>, ask = this.#connection.ask): Promise<Refusal | undefined> {
		try {
			await ask(makeCommand);
			return undefined;
		} catch (error) {
			if (error instanceof Refusal) return error;
			throw error;
		}
	}
}

const isLiveAtVersion = 'version = :version AND expires_at > :now';

const now = () => encodeNumber(Date.now());
