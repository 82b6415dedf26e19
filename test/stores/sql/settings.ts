import {DatabaseSync} from 'node:sqlite';
import test, {type ExecutionContext} from 'ava';
import {
	CamelCasePlugin,
	DeduplicateJoinsPlugin,
	Kysely,
	type KyselyPlugin,
	MysqlDialect,
	ParseJSONResultsPlugin,
	SqliteDialect,
} from 'kysely';
import mysql, {type PoolOptions} from 'mysql2';
import pg from 'pg';
import {nodeSqlite, type SqlClient, SqlStore} from '../../../source/stores/sql.ts';
import {conformsInShort} from '../../helpers/stores/conforms-in-short.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, noVersion, record} from '../../helpers/stores/records.ts';
import {
	clients,
	makeStore,
	mysqlUrl,
	openMysql,
	openNodeSqlite,
	openPostgres,
	tableName,
} from '../../helpers/stores/sql.ts';

// An application may have set its client to change replies. A store reads them all the same, or says what to change.

const traits = {keeps: true, compareAndSwap: true, prune: true, bySubject: true, keys: true};

const conform = (name: string, open: () => Promise<Kysely<unknown>>): void =>
	conformsInShort(
		name,
		async t => {
			const kysely = await open();
			t.teardown(() => kysely.destroy());
			return makeStore(t, kysely);
		},
		{...traits, maxBytes: name.startsWith('MariaDB')},
	);

/** The parser of every type, as `pg` asks for it. */
const parsing = (parse: (text: string) => unknown): pg.CustomTypesConfig => ({
	getTypeParser: () => parse as never,
});

const {bytea, int8, text} = {bytea: 17, int8: 20, text: 25};
const overriding = (oid: number, parse: (text: string) => unknown): pg.CustomTypesConfig => ({
	getTypeParser: (asked: number, format?: 'text' | 'binary') =>
		asked === oid ? (parse as never) : pg.types.getTypeParser(asked, format as 'text'),
});

for (const [setting, options] of Object.entries<pg.PoolConfig>({
	'int8 as bigint': {types: overriding(int8, BigInt)},
	'int8 as number': {types: overriding(int8, Number)},
	'bytea as text': {types: overriding(bytea, value => value)},
	'bytea as other bytes': {types: overriding(bytea, value => Buffer.from(value))},
	'text as bytes': {types: overriding(text, value => Buffer.from(value))},
	'no parsers': {types: parsing(value => value)},
	'binary replies': {binary: true} as pg.PoolConfig,
	'bytea in escape format': {options: '-c bytea_output=escape'},
	'serializable transactions': {options: '-c default_transaction_isolation=serializable'},
	'standard_conforming_strings off': {options: '-c standard_conforming_strings=off'},
})) {
	conform(`PostgreSQL, ${setting}`, () => openPostgres(undefined, {}, options));
}

for (const [setting, options] of Object.entries<PoolOptions>({
	'typeCast off': {typeCast: false},
	'typeCast to text': {typeCast: field => field.string()},
	'typeCast to bytes': {typeCast: field => field.buffer()},
	decimalNumbers: {decimalNumbers: true},
	'supportBigNumbers and bigNumberStrings': {supportBigNumbers: true, bigNumberStrings: true},
	rowsAsArray: {rowsAsArray: true},
	'nestTables with a separator': {nestTables: '_'},
	dateStrings: {dateStrings: true},
	multipleStatements: {multipleStatements: true},
	'FOUND_ROWS off': {flags: ['-FOUND_ROWS']},
	namedPlaceholders: {namedPlaceholders: true},
	'another character set': {charset: 'latin1_swedish_ci'},
})) {
	conform(`MariaDB, ${setting}`, () => openMysql(undefined, {}, options));
}

/** Pools whose connections begin with a statement. */
const openMysqlAfter = async (statement: string): Promise<Kysely<unknown>> => {
	const pool = mysql.createPool({uri: await mysqlUrl(), connectTimeout: 60_000});
	pool.on('connection', connection => void connection.query(statement));
	return new Kysely({dialect: new MysqlDialect({pool})});
};

for (const statement of [
	"set sql_mode = ''",
	"set sql_mode = 'ansi,pad_char_to_full_length'",
	"set sql_mode = 'empty_string_is_null'",
	'set session transaction isolation level serializable',
	'set session transaction isolation level read uncommitted',
	'set sql_select_limit = 1, sql_safe_updates = 1',
]) {
	conform(`MariaDB, ${statement}`, () => openMysqlAfter(statement));
}

test('MariaDB, autocommit off: calls fail, and the error says what to change, until it is on', async t => {
	const [off, on] = [await openMysqlAfter('set autocommit = 0'), await openMysql()];
	t.teardown(() => Promise.all([off.destroy(), on.destroy()]));
	const table = await tableOf(t, on);
	const working = new SqlStore(on, {table});
	const version = await create(working, 'key', record());

	const store = new SqlStore(off, {table});
	for (const call of [
		() => store.create('other', record()),
		() => store.read('key'),
		() => store.update('key', record(), version),
		() => store.delete('key'),
		() => store.createTable(),
	]) {
		await t.throwsAsync(call, {code: 'ERR_SESSION_STORE', message: /`autocommit` is off.*set autocommit = 1/});
	}
	t.is((await working.read('key'))?.version, version);
});

test('MariaDB, no backslash escapes: calls fail before a text can be taken for SQL', async t => {
	const kysely = await openMysqlAfter("set sql_mode = 'ansi,no_backslash_escapes'");
	t.teardown(() => kysely.destroy());
	const store = new SqlStore(kysely);
	const subject = "'); drop table sessions; -- ";
	for (const call of [() => store.create('key', {...record(), subject}), () => keysOf(store.bySubject(subject))]) {
		await t.throwsAsync(call, {code: 'ERR_SESSION_STORE', message: /`sql_mode` has `NO_BACKSLASH_ESCAPES`.*Remove it/});
	}
});

test('a transaction of the application is no place for sessions, and nor is a pool', async t => {
	for (const open of Object.values(clients)) {
		const kysely = await open();
		t.teardown(() => kysely.destroy());
		await kysely.transaction().execute(async transaction => {
			t.throws(() => new SqlStore(transaction), {
				instanceOf: TypeError,
				message: /got a transaction.*pass in the `Kysely`/,
			});
		});
	}
	for (const wrong of [new pg.Pool(), {}, null, 1, () => {}] as never[]) {
		t.throws(() => new SqlStore(wrong), {
			instanceOf: TypeError,
			message: /^Expected a `Kysely` or a URL\. Wrap a pool/,
		});
	}
});

for (const [setting, options] of Object.entries({
	readBigInts: {readBigInts: true},
	returnArrays: {returnArrays: true},
})) {
	conform(`SQLite of Node, ${setting}`, async () => {
		const database = new DatabaseSync(':memory:', options);
		return new Kysely({dialect: new SqliteDialect({database: nodeSqlite(database)})});
	});
}

const plugins: Readonly<Record<string, KyselyPlugin>> = {
	'names in camel case': new CamelCasePlugin(),
	'names in upper case': new CamelCasePlugin({upperCase: true}),
	'JSON parsed out of texts': new ParseJSONResultsPlugin(),
	'joins once': new DeduplicateJoinsPlugin(),
};
for (const [name, open] of Object.entries(clients)) {
	for (const [setting, plugin] of Object.entries(plugins)) {
		conform(`${name}, plugin: ${setting}`, async () => (await open()).withPlugin(plugin));
	}
}

test('a dialect that counts no rows fails a write: it might have been made or not', async t => {
	for (const open of [openPostgres, openMysql]) {
		const kysely = await open();
		t.teardown(() => kysely.destroy());
		const store = new SqlStore(countingNothing(kysely), {table: await tableOf(t, kysely)});
		const message = /`numAffectedRows`/;
		await t.throwsAsync(store.create('key', record()), {code: 'ERR_SESSION_STORE', message});
		await t.throwsAsync(store.update('key', record(), noVersion), {code: 'ERR_SESSION_STORE', message});
		await t.throwsAsync(store.delete('key'), {code: 'ERR_SESSION_STORE', message});
	}
});

test('a plugin sees every statement, although without plugins each is compiled once', async t => {
	const kysely = await openNodeSqlite();
	t.teardown(() => kysely.destroy());
	const table = await tableOf(t, kysely);
	const seen: string[] = [];
	const plugin: KyselyPlugin = {
		transformQuery({node}) {
			seen.push(node.kind);
			return node;
		},
		transformResult: async ({result}) => result,
	};
	const store = new SqlStore(kysely.withPlugin(plugin), {table});
	for (const key of ['one', 'other']) t.is(await store.read(key), undefined);
	t.deepEqual(seen, ['SelectQueryNode', 'SelectQueryNode']);
});

/** A table that the store made, by its name. */
const tableOf = async (t: ExecutionContext, kysely: Kysely<unknown>): Promise<string> => {
	const table = tableName();
	await new SqlStore(kysely, {table}).createTable();
	t.teardown(() => kysely.schema.dropTable(table).execute());
	return table;
};

const countingNothing = (kysely: Kysely<unknown>): SqlClient =>
	kysely.withPlugin({
		transformQuery: ({node}) => node,
		transformResult: async ({result: {numAffectedRows: _, ...result}}) => result,
	});

test('MariaDB: rows in a form that nobody could read fail the call, and the error says what to change', async t => {
	for (const options of [{nestTables: true}, {typeCast: () => ({})}, {typeCast: () => ''}, {typeCast: () => null}]) {
		const kysely = await openMysql(undefined, {}, options);
		t.teardown(() => kysely.destroy());
		const store = new SqlStore(kysely);
		await t.throwsAsync(store.read('key'), {code: 'ERR_SESSION_STORE', message: /`typeCast`/});
	}
});
