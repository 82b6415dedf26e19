import {randomUUID} from 'node:crypto';
import {statSync} from 'node:fs';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import test from 'ava';
import {Kysely, SqliteDialect, sql} from 'kysely';
import {nodeSqlite, SqlStore} from '../../../source/stores/sql.ts';
import {turnsDuring} from '../../helpers/order/turns.ts';
import {keepsContract} from '../../helpers/stores/conforms-in-short.ts';
import {record} from '../../helpers/stores/records.ts';
import {openUrl} from '../../helpers/stores/sql.ts';
import {temporaryDirectory} from '../../helpers/stores/stores.ts';

test('a URL makes its file for this user alone, in write-ahead mode', async t => {
	const file = join(await temporaryDirectory(t), 'sessions.db');
	const store = openUrl(t, `sqlite:${file}`);
	await store.create('key', record());
	for (const suffix of ['', '-wal', '-shm']) t.is(statSync(file + suffix).mode & 0o777, 0o600, suffix);

	const database = new DatabaseSync(file);
	t.is(database.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal');
	database.close();
});

test('a file that is there keeps its permissions and its records', async t => {
	const url = `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
	const first = new SqlStore(url);
	await first.create('key', record());
	await first.close();
	const second = openUrl(t, url);
	t.truthy(await second.read('key'));
	await first.close();
});

test('each database in memory is one of its own', async t => {
	const [one, other] = [openUrl(t, 'sqlite::memory:'), openUrl(t, 'sqlite::memory:')];
	await one.create('key', record());
	t.truthy(await one.read('key'));
	t.is(await other.read('key'), undefined);
});

test('a directory that comes later is found, and the error before that names no path', async t => {
	const directory = join(await temporaryDirectory(t), 'secret');
	const store = openUrl(t, `sqlite:${join(directory, 'sessions.db')}`);
	const error = await t.throwsAsync<NodeJS.ErrnoException>(store.read('key'), {code: 'ENOENT'});
	t.notRegex(error?.message ?? '', /secret/);
	await import('node:fs/promises').then(({mkdir}) => mkdir(directory));
	t.is(await store.read('key'), undefined);
});

test('a file that is no database is left alone', async t => {
	const file = join(await temporaryDirectory(t), 'notes.txt');
	await import('node:fs/promises').then(({writeFile}) => writeFile(file, 'notes '.repeat(1000)));
	await t.throwsAsync(openUrl(t, `sqlite:${file}`).read('key'), {message: /not a database/});
	t.is(statSync(file).size, 6000);
});

test('a database that another process has locked fails a write within about a second', async t => {
	const file = join(await temporaryDirectory(t), 'sessions.db');
	const store = openUrl(t, `sqlite:${file}`);
	await store.create('key', record());
	const other = new DatabaseSync(file);
	other.exec('begin immediate');
	t.truthy(await store.read('key'), 'reading goes on');
	await t.throwsAsync(store.delete('key'), {message: /locked/});
	other.exec('rollback');
	other.close();
	await store.delete('key');
	t.is(await store.read('key'), undefined);
});

test("the application's transaction on Node's SQLite and a session's write don't mix", async t => {
	const database = new DatabaseSync(':memory:');
	const kysely = new Kysely<unknown>({dialect: new SqliteDialect({database: nodeSqlite(database)})});
	t.teardown(() => kysely.destroy());
	const store = new SqlStore(kysely);
	await store.createTable();
	let created: Promise<unknown> = Promise.resolve();
	await kysely
		.transaction()
		.execute(async transaction => {
			await sql`create table other (id integer)`.execute(transaction);
			created = store.create('key', record());
			await sql`insert into other values (1)`.execute(transaction);
			throw new Error('rolled back');
		})
		.catch(() => {});
	t.truthy(await created);
	t.truthy(await store.read('key'));
});

test('rows of any statement come through the adapter', async t => {
	const kysely = new Kysely<unknown>({
		dialect: new SqliteDialect({database: nodeSqlite(new DatabaseSync(':memory:'))}),
	});
	t.teardown(() => kysely.destroy());
	await sql`create table things (id integer primary key, name text)`.execute(kysely);
	const inserted = await sql`insert into things (name) values (${'a'}), (${'b'})`.execute(kysely);
	t.is(inserted.numAffectedRows, 2n);
	t.is(inserted.insertId, 2n);
	const returned = await sql`update things set name = ${'c'} where id = ${1} returning name`.execute(kysely);
	t.deepEqual(
		returned.rows.map(row => ({...(row as object)})),
		[{name: 'c'}],
	);
	const streamed: unknown[] = [];
	for await (const row of kysely
		.withTables<{things: {id: number; name: string}}>()
		.selectFrom('things')
		.selectAll()
		.stream()) {
		streamed.push(row.name);
	}
	t.deepEqual(streamed, ['c', 'b']);
});

test('the adapter prepares a statement once, and running it again does not end a walk', t => {
	const database = new DatabaseSync(':memory:');
	database.exec('create table things (id integer); insert into things values (1), (2)');
	const prepared: string[] = [];
	const {prepare} = nodeSqlite({
		prepare(sql) {
			prepared.push(sql);
			return database.prepare(sql);
		},
		close: () => {},
	});

	const select = 'select id from things';
	for (let times = 0; times < 3; times++) t.is(prepare(select).all([]).length, 2);
	t.deepEqual(prepared, [select]);

	const walk = prepare(select).iterate([]);
	t.false(walk.next().done);
	t.is(prepare(select).all([]).length, 2);
	t.false(walk.next().done);

	for (let index = 0; index < 40; index++) prepare(`select ${index}`).all([]);
	t.is(prepare(select).all([]).length, 2);
	t.is(prepared.filter(sql => sql === select).length, 3, 'for the walk, and after 40 others');
});

test('a table may be in another schema, which the store or its Kysely names', async t => {
	const database = new DatabaseSync(':memory:');
	for (const schema of ['one', 'other']) database.exec(`attach ':memory:' as ${schema}`);
	const kysely = new Kysely<unknown>({dialect: new SqliteDialect({database: nodeSqlite(database)})});
	t.teardown(() => kysely.destroy());
	for (const store of [new SqlStore(kysely, {table: 'one.sessions'}), new SqlStore(kysely.withSchema('other'))]) {
		await store.createTable();
		await store.createTable();
		await t.notThrowsAsync(keepsContract(store));
	}
	for (const schema of ['one', 'other']) {
		const made = database.prepare(`select name from ${schema}.sqlite_master where sql is not null order by name`).all();
		t.deepEqual(
			made.map(({name}) => name),
			['sessions', 'sessions_expires_at', 'sessions_subject'],
		);
	}
});

test('a prune ends, too, where records can not be deleted', async t => {
	const database = new DatabaseSync(':memory:');
	const kysely = new Kysely<unknown>({dialect: new SqliteDialect({database: nodeSqlite(database)})});
	t.teardown(() => kysely.destroy());
	const store = new SqlStore(kysely);
	await store.createTable();
	for (let index = 0; index < 25; index++) await store.create(`key-${index}`, {...record(), expiresAt: index});
	database.exec(
		'create trigger keep before delete on sessions when old.expires_at < 2 begin select raise(ignore); end',
	);
	t.is(await store.prune(100), 23);
});

test('a prune lets others have their turn, since SQLite works in this very thread', async t => {
	const store = openUrl(t, `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`);
	for (let index = 0; index < 200; index++) await store.create(randomUUID(), {...record(), expiresAt: Date.now() - 1});

	const turns = await turnsDuring(async () => t.is(await store.prune(500), 200));
	t.true(turns >= 10, `${turns}`);
});

test('the log stays short, since the write that empties it waits for the disk', async t => {
	const file = join(await temporaryDirectory(t), 'sessions.db');
	const store = openUrl(t, `sqlite:${file}`);
	for (let index = 0; index < 200; index++)
		await store.create(randomUUID(), {...record(), bytes: Buffer.alloc(20_000)});

	const size = statSync(`${file}-wal`).size;
	t.true(size < 1_000_000, `${size} bytes`);
});
