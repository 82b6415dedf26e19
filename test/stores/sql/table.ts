import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';
import {CompiledQuery, type Kysely, sql} from 'kysely';
import {SessionError} from '../../../source/errors.ts';
import {SqlStore} from '../../../source/stores/sql.ts';
import {runs} from '../../helpers/runs.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, noVersion, record, update} from '../../helpers/stores/records.ts';
import {
	clients,
	loginAs,
	makeStore,
	mysqlUrl,
	openMysql,
	openPostgres,
	postgresUrl,
	tableName,
	testPassword,
} from '../../helpers/stores/sql.ts';
import {temporaryDirectory} from '../../helpers/stores/stores.ts';

/** Uses each method once. */
const useAll = async (store: SqlStore): Promise<void> => {
	const version = await create(store, 'key', {...record(), subject: 'ann'});
	assert.equal((await store.read('key'))?.version, version);
	const next = await update(store, 'key', {...record(), subject: 'ann'}, version);
	assert.ok(await store.touch('key', record().expiresAt + 1, next));
	assert.deepEqual(await keysOf(store.bySubject('ann')), ['key']);
	await store.touch('key', 0, next);
	assert.equal(await store.prune(10), 1);
	assert.ok(await store.delete('other', await create(store, 'other', record())));
	assert.equal(await store.delete('key'), false);
};

for (const [name, open] of Object.entries(clients)) {
	test.serial(`${name}: a table is made once, however often it is asked for, and keeps what is in it`, async t => {
		const kysely = await open();
		t.teardown(() => kysely.destroy());
		const store = await makeStore(t, kysely);
		await store.create('key', record());
		await store.createTable();
		await store.createTable();
		t.truthy(await store.read('key'));
	});

	test.serial(`${name}: the SQL of a table makes it`, async t => {
		const kysely = await open();
		const table = tableName();
		const store = new SqlStore(kysely, {table});
		t.teardown(async () => {
			await kysely.schema.dropTable(table).execute();
			await kysely.destroy();
		});
		const text = await store.createTableSql();
		for (const statement of text.trimEnd().split('\n')) await sql.raw(statement.replace(/;$/, '')).execute(kysely);
		await useAll(store);
		await store.createTable();
		t.regex(text, /^create table if not exists .*;\n$/s);
	});

	test.serial(`${name}: without a table, the error says how to make one, and nothing makes one unasked`, async t => {
		const kysely = await open();
		t.teardown(() => kysely.destroy());
		const store = new SqlStore(kysely, {table: 'not_there'});
		const calls = [
			() => store.create('secret', {...record(), subject: 'secret'}),
			() => store.read('secret'),
			() => store.update('secret', record(), noVersion),
			() => store.touch('secret', 1e14, noVersion),
			() => store.delete('secret'),
			() => store.delete('secret', noVersion),
			() => store.prune(1),
		];
		for (const call of calls) {
			await t.throwsAsync<Error>(call, {
				instanceOf: SessionError,
				code: 'ERR_SESSION_STORE',
				message:
					'There is no table `not_there` to keep sessions in. Create it once with `createTable()` or `npx koa-server-session create-table`',
			});
		}
	});

	test.serial(`${name}: a table of something else is refused, and left as it is`, async t => {
		const kysely = await open();
		const table = tableName();
		t.teardown(async () => {
			await kysely.schema.dropTable(table).execute();
			await kysely.destroy();
		});
		// As Laravel has it.
		await sql`create table ${sql.table(table)} (id varchar(40) primary key, payload varchar(100))`.execute(kysely);
		const store = new SqlStore(kysely, {table});
		const calls = [
			() => store.createTable(),
			() => store.create('key', record()),
			() => store.read('key'),
			() => store.update('key', record(), noVersion),
			() => store.touch('key', 1e14, noVersion),
			() => store.delete('key'),
			() => store.prune(1),
		];
		for (const call of calls) {
			await t.throwsAsync<Error>(call, {
				instanceOf: SessionError,
				code: 'ERR_SESSION_STORE',
				message: `The table \`${table}\` lacks columns of a session, so something else uses it. Set \`table\` to another name, and create that one once with \`createTable()\` or \`npx koa-server-session create-table\``,
			});
		}
	});

	test.serial(`${name}: expiries and subjects are looked up by an index`, async t => {
		const statements: CompiledQuery[] = [];
		const kysely = await open(undefined, {log: ({query}) => void statements.push(query)});
		t.teardown(() => kysely.destroy());
		const store = await makeStore(t, kysely);
		for (let index = 0; index < 100; index++) {
			await store.create(`key-${index}`, {...record(), subject: `subject-${index}`});
		}

		statements.length = 0;
		await store.prune(1);
		await store.bySubject('subject-1').next();
		const [prune, walk, ...others] = [...statements];
		assert.ok(prune && walk && others.length === 0);
		await kysely.connection().execute(async connection => {
			// A small table is read as a whole, unless that is forbidden.
			if (name === 'PostgreSQL') await sql`set enable_seqscan = off`.execute(connection);
			t.regex(await explain(connection, prune), /_expires_at/);
			t.regex(await explain(connection, walk), /_subject/);
		});
	});

	// By the index, that is: a walk through the table would begin at what was made first, whatever became of it.
	test.serial(`${name}: what ended first is pruned first`, async t => {
		const statements: CompiledQuery[] = [];
		const kysely = await open(undefined, {log: ({query}) => void statements.push(query)});
		t.teardown(() => kysely.destroy());
		const store = await makeStore(t, kysely);
		for (const seconds of [1, 3, 2])
			await store.create(`${seconds}`, {...record(), expiresAt: Date.now() - seconds * 1000});

		statements.length = 0;
		for (const _ of '123') t.is(await store.prune(1), 1);
		const deletions = statements.filter(({sql}) => sql.startsWith('delete'));
		t.deepEqual(
			deletions.map(({parameters}) => parameters[0]),
			['3', '2', '1'],
		);
	});
}

/** How a database would run a statement. */
const explain = async (kysely: Kysely<unknown>, {sql: text, parameters}: CompiledQuery): Promise<string> => {
	const isSqlite = !text.includes('$') && !text.includes('`');
	const explained = CompiledQuery.raw(`explain ${isSqlite ? 'query plan ' : ''}${text}`, [...parameters]);
	return JSON.stringify((await kysely.executeQuery(explained)).rows);
};

const program = `
import {SqlStore} from './source/stores/sql.ts';
const [url, table] = process.argv.slice(1);
const store = new SqlStore(url, {table});
await new Promise(resolve => setTimeout(resolve, Math.max(0, Number(process.env.START) - Date.now())));
await store.createTable();
await store.create(String(process.pid), {bytes: Buffer.from('data'), expiresAt: 1e14});
await store.close();
console.log('done');
`;

const processes = runs(4, 10);

/** Lets processes make one table at the same moment. */
const makeAtOnce = async (url: string, table: string): Promise<string[]> => {
	const env = {...process.env, START: String(Date.now() + 3000)};
	const args = ['--input-type=module', '--eval', program, url, table];
	const runs = Array.from({length: processes}, () => promisify(execFile)(process.execPath, args, {env}));
	return (await Promise.all(runs)).map(({stdout}) => stdout);
};

const patient = 'connectTimeout=60000&queryTimeout=60000&pool=1';
const done = Array.from({length: processes}, () => 'done\n');

test.serial('PostgreSQL: several processes may make a table at once', async t => {
	const [url, table] = [`${await postgresUrl()}?${patient}`, tableName()];
	t.deepEqual(await makeAtOnce(url, table), done);
});

test.serial('PostgreSQL: ten connections may make a table at once, again and again', async t => {
	const kysely = await openPostgres();
	t.teardown(() => kysely.destroy());
	for (let round = 0; round < 10; round++) {
		const store = new SqlStore(kysely, {table: tableName()});
		await t.notThrowsAsync(Promise.all(Array.from({length: 10}, () => store.createTable())));
		await useAll(store);
	}
});

test.serial('MariaDB: several processes may make a table at once', async t => {
	t.deepEqual(await makeAtOnce(`${await mysqlUrl()}?${patient}`, tableName()), done);
});

test.serial('SQLite: several processes may make a file and its table at once', async t => {
	t.deepEqual(await makeAtOnce(`sqlite:${await temporaryDirectory(t)}/sessions.db`, 'sessions'), done);
});

test.serial('PostgreSQL: a role that may make no tables can do everything else', async t => {
	const admin = await openPostgres();
	t.teardown(() => admin.destroy());
	const role = tableName();
	const store = await makeStore(t, admin);
	const [, table = ''] = /exists "(\w+)"/.exec(await store.createTableSql()) ?? [];
	await sql`create role ${sql.id(role)} login password ${sql.lit(testPassword)}`.execute(admin);
	await sql`revoke create on schema public from public`.execute(admin);
	await sql`grant select, insert, update, delete on ${sql.table(table)} to ${sql.id(role)}`.execute(admin);

	const limited = await openPostgres(loginAs(await postgresUrl(), role));
	t.teardown(async () => {
		await limited.destroy();
		await sql`drop owned by ${sql.id(role)}`.execute(admin);
		await sql`drop role ${sql.id(role)}`.execute(admin);
	});
	await t.notThrowsAsync(useAll(new SqlStore(limited, {table})));
	await t.notThrowsAsync(new SqlStore(limited, {table}).createTable(), 'it is there');
	await t.throwsAsync(new SqlStore(limited, {table: 'another'}).createTable(), {message: /^permission denied/});
});

test.serial('MariaDB: a user who may make no tables can do everything else', async t => {
	const admin = await openMysql();
	t.teardown(() => admin.destroy());
	const user = tableName();
	const store = await makeStore(t, admin);
	const [, table = ''] = /exists `(\w+)`/.exec(await store.createTableSql()) ?? [];
	await sql`create user ${sql.raw(user)}@'%' identified by ${sql.lit(testPassword)}`.execute(admin);
	await sql`grant select, insert, update, delete on ${sql.table(table)} to ${sql.raw(user)}@'%'`.execute(admin);

	const limited = await openMysql(loginAs(await mysqlUrl(), user));
	t.teardown(async () => {
		await limited.destroy();
		await sql`drop user ${sql.raw(user)}@'%'`.execute(admin);
	});
	await t.notThrowsAsync(useAll(new SqlStore(limited, {table})));
	await t.notThrowsAsync(new SqlStore(limited, {table}).createTable(), 'it is there');
	await t.throwsAsync(new SqlStore(limited, {table: 'another'}).createTable(), {message: /command denied to user/});
});
