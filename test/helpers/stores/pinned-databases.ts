import {
	CreateTableCommand,
	type CreateTableCommandInput,
	DescribeTableCommand,
	PutItemCommand,
	ScanCommand,
} from '@aws-sdk/client-dynamodb';
import {type Kysely, sql} from 'kysely';
import {BSON} from 'mongodb';
import {DynamoStore} from '../../../source/stores/dynamodb.ts';
import {MongoStore} from '../../../source/stores/mongodb.ts';
import {SqlStore} from '../../../source/stores/sql.ts';
import * as dynamodb from './dynamodb.ts';
import * as mongodb from './mongodb.ts';
import {base64, fromBase64, type MakePlace} from './pinned-place.ts';
import {tableName} from './sql.ts';

export const inMongo: MakePlace<string> = async t => {
	const client = mongodb.connect(t, await mongodb.mongoUrl());
	const place = {database: client.db().databaseName, collection: mongodb.drawCollection()};
	const documents = client.db(place.database).collection<{_id: string}>(place.collection);
	return {
		store: new MongoStore(client, place),
		capture: async () => BSON.EJSON.stringify(await documents.find().toArray(), {relaxed: false}),
		async restore(pin) {
			await documents.insertMany(BSON.EJSON.parse(pin, {relaxed: false}));
		},
	};
};

type SqlRow = {key: string; version: string; expires_at: string; subject: string | null; data: string};
type SqlPin = {table: string; rows: SqlRow[]};

const pinnedTable = 'pinned_sessions';

export const inSql =
	(open: () => Promise<Kysely<unknown>>): MakePlace<SqlPin> =>
	async t => {
		const kysely = (await open()) as Kysely<Record<string, Record<string, unknown>>>;
		const table = tableName();
		t.teardown(async () => {
			await kysely.schema.dropTable(table).ifExists().execute();
			await kysely.destroy();
		});
		const store = new SqlStore(kysely, {table});
		const hex = (value: unknown): string => Buffer.from(value as Uint8Array).toString('hex');
		return {
			store,
			prepare: () => store.createTable(),
			async capture() {
				const rows = await kysely.selectFrom(table).selectAll().execute();
				return {
					table: (await store.createTableSql()).replaceAll(table, pinnedTable),
					rows: rows.map(({key, version, expires_at, subject, data}) => ({
						key: String(key),
						version: hex(version),
						expires_at: String(expires_at),
						subject: subject === null ? null : hex(subject),
						data: hex(data),
					})),
				};
			},
			async restore(pin) {
				const statements = pin.table.replaceAll(pinnedTable, table).trimEnd().split('\n');
				for (const statement of statements) await sql.raw(statement.replace(/;$/, '')).execute(kysely);
				for (const {key, version, expires_at, subject, data} of pin.rows) {
					const row = {
						key,
						version: Buffer.from(version, 'hex'),
						expires_at: Number(expires_at),
						subject: subject === null ? null : Buffer.from(subject, 'hex'),
						data: Buffer.from(data, 'hex'),
					};
					await kysely.insertInto(table).values(row).execute();
				}
			},
		};
	};

type DynamoPin = {table: object; items: string[]};

/** Bytes in JSON, which has none. */
const withBytes = (_: string, value: unknown): unknown =>
	value instanceof Uint8Array ? {$bytes: base64(value)} : value;
const toBytes = (_: string, value: {$bytes?: string} | null): unknown =>
	typeof value?.$bytes === 'string' ? fromBase64(value.$bytes) : value;

export const inDynamo: MakePlace<DynamoPin> = async t => {
	const url = new URL(await dynamodb.newTableUrl());
	const client = dynamodb.connect(t, url.href);
	const TableName = `pinned-${crypto.randomUUID()}`;
	const store = new DynamoStore(client, {table: TableName});
	return {
		store,
		prepare: () => store.createTable(),
		async capture() {
			const {Table} = await client.send(new DescribeTableCommand({TableName}));
			const {AttributeDefinitions, KeySchema, GlobalSecondaryIndexes = []} = Table ?? {};
			const indexes = GlobalSecondaryIndexes.map(({IndexName, KeySchema, Projection}) => ({
				IndexName,
				KeySchema,
				Projection,
			}));
			const {Items = []} = await client.send(new ScanCommand({TableName}));
			return {
				table: {AttributeDefinitions, KeySchema, GlobalSecondaryIndexes: indexes, BillingMode: 'PAY_PER_REQUEST'},
				items: Items.map(item => JSON.stringify(item, withBytes)),
			};
		},
		async restore({table, items}) {
			await client.send(new CreateTableCommand({TableName, ...table} as CreateTableCommandInput));
			// Waits until the table can be used, and makes none, for there is one.
			await store.createTable();
			for (const item of items) await client.send(new PutItemCommand({TableName, Item: JSON.parse(item, toBytes)}));
		},
	};
};
