import {hash} from 'node:crypto';
import {BatchWriteItemCommand, DynamoDBClient} from '@aws-sdk/client-dynamodb';
import {Redis} from 'ioredis';
import {type Kysely, sql} from 'kysely';
import {MongoClient} from 'mongodb';
import type {SessionRecord, Store} from '../../source/store.ts';
import {encodeItem} from '../../source/stores/dynamodb/item.ts';
import {parseDynamoUrl} from '../../source/stores/dynamodb/url.ts';
import {toDocument} from '../../source/stores/mongodb/document.ts';
import {RedisStore} from '../../source/stores/redis.ts';
import {parseStoreUrl} from '../../source/stores/shared/store-url.ts';
import {drawVersion} from '../../source/stores/shared/version.ts';
import {openMysql} from '../../source/stores/sql/mysql.ts';
import {openPostgres} from '../../source/stores/sql/postgres.ts';
import {type Row, toRow} from '../../source/stores/sql/row.ts';
import {openSqlite} from '../../source/stores/sql/sqlite.ts';
import {parseSqlUrl} from '../../source/stores/sql/url.ts';

/** Writes many records to the store of a URL, in the same form as the store. */
export type Fill = (url: string, records: Iterable<Entry>, store: Store) => Promise<void>;

/** A record and its key. */
export type Entry = {readonly key: string; readonly record: SessionRecord};

/** The key of the record with that number. */
export const keyOf = (index: number): string => `session:${hash('sha256', `${index}`, 'base64url')}`;

/** Its subject. Ten records have the same. */
export const subjectOf = (index: number): string => `user-${Math.floor(index / 10)}`;

/** Every tenth record expires before it is read. */
export const isBrief = (index: number): boolean => index % 10 === 9;

/** How many records are written at once. */
const atOnce = 256;

/** Through the store. */
export const throughStore: Fill = async (_url, records, store) => {
	const left = records[Symbol.iterator]();
	const worker = async () => {
		for (let next = left.next(); !next.done; next = left.next()) {
			await store.create(next.value.key, next.value.record);
		}
	};
	await Promise.all(Array.from({length: atOnce}, worker));
};

/** Splits values into lists of at most `size`. */
function* chunks<Value>(values: Iterable<Value>, size: number): Generator<Value[]> {
	let chunk: Value[] = [];
	for (const value of values) {
		chunk.push(value);
		if (chunk.length < size) continue;
		yield chunk;
		chunk = [];
	}
	if (chunk.length > 0) yield chunk;
}

/** Through the store as well, with a client that pipelines commands. */
export const fillRedis: Fill = async (url, records) => {
	const client = new Redis(url, {enableAutoPipelining: true});
	const store = new RedisStore(client);
	await throughStore(url, records, store);
	await client.quit();
};

/** The documents that the store would write, a thousand per command. */
export const fillMongo: Fill = async (url, records) => {
	const {searchParams} = new URL(url);
	const client = await new MongoClient(url.split('?')[0] ?? url).connect();
	const sessions = client.db('koa_session').collection<{_id: string}>(searchParams.get('collection') ?? 'sessions');
	for (const chunk of chunks(records, 1000)) {
		await sessions.insertMany(chunk.map(({key, record}) => toDocument(key, record)));
	}
	await client.close();
};

const openers = {postgres: openPostgres, mysql: openMysql, sqlite: openSqlite};

/** Rows per statement: SQLite takes at most 32,766 values. */
const rowsAtOnce = 2000;

/** The rows that the store would write, thousands per statement. */
export const fillSql: Fill = async (url, records) => {
	const parsed = parseSqlUrl(url);
	const kysely = (await openers[parsed.dialect]({...parsed, queryTimeout: 60_000})) as Kysely<Record<string, Row>>;
	for (const chunk of chunks(records, rowsAtOnce)) {
		const rows = chunk.map(({key, record}) => ({key, ...toRow(record, drawVersion())}));
		await kysely.insertInto(parsed.table).values(rows).execute();
	}
	// PostgreSQL does this automatically within a minute of such a change, and plans its queries by it.
	if (parsed.dialect === 'postgres') await sql`vacuum analyze ${sql.table(parsed.table)}`.execute(kysely);
	await kysely.destroy();
};

/** The items that the store would write, 25 per command, which is the most that DynamoDB takes. */
export const fillDynamo: Fill = async (url, records) => {
	const {region = '', endpoint = '', table = ''} = parseDynamoUrl(parseStoreUrl(url));
	const client = new DynamoDBClient({...(region !== '' && {region}), ...(endpoint !== '' && {endpoint})});
	const left = chunks(records, 25);
	const worker = async () => {
		for (const chunk of left) {
			const puts = chunk.map(({key, record}) => ({
				PutRequest: {Item: encodeItem(key, record, drawVersion())},
			}));
			await client.send(new BatchWriteItemCommand({RequestItems: {[table]: puts}}));
		}
	};
	await Promise.all(Array.from({length: 4}, worker));
	client.destroy();
};
