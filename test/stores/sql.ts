import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {expectTypeOf} from 'expect-type';
import {type Kysely, MssqlAdapter, PGliteAdapter} from 'kysely';
import {toVersion} from '../../source/store.ts';
import {type SqlClient, SqlStore} from '../../source/stores/sql.ts';
import {conforms} from '../helpers/stores/conforms.ts';
import {keysOf} from '../helpers/stores/keys-of.ts';
import {create, noVersion, record, update} from '../helpers/stores/records.ts';
import {
	clients,
	makeStore,
	mysqlUrl,
	openMysql,
	openPostgres,
	openUrl,
	tableName,
	tableUrl,
} from '../helpers/stores/sql.ts';

const traits = {keeps: true, compareAndSwap: true, prune: true, bySubject: true, keys: true};
const day = 86_400_000;

const urls = {
	'PostgreSQL by URL': (t: ExecutionContext) => tableUrl(t, 'postgres'),
	'MariaDB by URL': (t: ExecutionContext) => tableUrl(t, 'mysql'),
	'SQLite by URL': async () => 'sqlite::memory:',
};
for (const [name, url] of Object.entries(urls)) {
	const open = async (t: ExecutionContext) => openUrl(t, await url(t));
	conforms(open, {...traits, closes: true}, {prefix: `${name}: `, only: 'closes'});
}

for (const [name, open] of Object.entries(clients)) {
	// One for all cases: no store closes what it didn't open.
	const shared = open();
	test.after.always(async () => (await shared).destroy());
	conforms(async t => makeStore(t, await shared), {...traits, maxBytes: name === 'MariaDB'}, {prefix: `${name}: `});

	test(`${name}: every operation is one statement, and a second one where it has to tell why nothing was found`, async t => {
		const statements: string[] = [];
		const kysely = await open(undefined, {log: ({query}) => void statements.push(query.sql.split(' ')[0] ?? '')});
		t.teardown(() => kysely.destroy());
		const store = await makeStore(t, kysely);
		const sentBy = async <Result>(call: () => Promise<Result>): Promise<readonly [string, Result]> => {
			statements.length = 0;
			const result = await call();
			return [statements.join(' '), result];
		};

		const [created, first] = await sentBy(() => create(store, 'key', {...record(), subject: 'ann'}));
		const [updated, second] = await sentBy(() => update(store, 'key', record(), first));
		const [touched] = await sentBy(() => store.touch('key', record().expiresAt + 1, second));
		const [found] = await sentBy(() => store.read('key'));
		const [lost] = await sentBy(() => store.update('key', record(), first));
		const [missed] = await sentBy(() => store.read('nothing'));
		const [untouched] = await sentBy(() => store.touch('nothing', record().expiresAt, second));
		const [malformed] = await sentBy(() => store.read('no key'));
		const [unpruned] = await sentBy(() => store.prune(10));
		await create(store, 'ended', {...record(), expiresAt: Date.now() - 1});
		const [pruned] = await sentBy(() => store.prune(10));
		const [deleted] = await sentBy(() => store.delete('key'));
		t.deepEqual(
			{created, updated, touched, found, lost, missed, untouched, malformed, unpruned, pruned, deleted},
			{
				created: 'insert',
				updated: 'update',
				touched: 'update',
				found: 'select',
				lost: 'update select',
				missed: 'select',
				untouched: 'update select',
				malformed: '',
				unpruned: 'select',
				pruned: 'select delete',
				deleted: 'delete',
			},
		);
	});

	test(`${name}: an expiry may be any time`, async t => {
		const store = await makeStore(t, await shared);
		for (const length of [29, 30, 31, 400, 400 * 365]) {
			const [key, expiresAt] = [randomUUID(), Date.now() + length * day];
			await create(store, key, {...record(), expiresAt});
			t.is((await store.read(key))?.expiresAt, expiresAt);
		}
		for (const expiresAt of [Number.MAX_SAFE_INTEGER, 2 ** 53, 1e300, Number.POSITIVE_INFINITY]) {
			const key = randomUUID();
			const version = await create(store, key, {...record(), expiresAt});
			t.is((await store.read(key))?.expiresAt, Number.MAX_SAFE_INTEGER);
			t.true(await store.touch(key, expiresAt, version));
		}
		for (const expiresAt of [0, -1, Number.NEGATIVE_INFINITY]) {
			const key = randomUUID();
			await create(store, key, {...record(), expiresAt});
			t.is(await store.read(key), undefined);
		}
		const key = randomUUID();
		const {expiresAt} = record();
		await create(store, key, {...record(), expiresAt: expiresAt + 0.5});
		t.is((await store.read(key))?.expiresAt, expiresAt + 1);
	});

	test(`${name}: a subject may be of any length, and hold what no text column takes`, async t => {
		const store = await makeStore(t, await shared);
		const long = 'x'.repeat(60_000);
		for (const subject of ['\0', 'a\0b', '\u{10FFFF}', `${long}1`, `${long}2`]) {
			const key = randomUUID();
			await create(store, key, {...record(), subject});
			t.is((await store.read(key))?.subject, subject);
			t.deepEqual(await keysOf(store.bySubject(subject)), [key]);
		}
	});

	test(`${name}: a walk by subject goes on over many pages`, async t => {
		const store = await makeStore(t, await shared);
		const keys = Array.from({length: 250}, () => randomUUID());
		for (const key of keys) await create(store, key, {...record(), subject: 'ann'});
		t.deepEqual(await keysOf(store.bySubject('ann')), keys.toSorted());
	});

	test(`${name}: a prune goes on over many steps, up to its limit`, async t => {
		const store = await makeStore(t, await shared);
		const ended = {...record(), expiresAt: Date.now() - 1};
		for (let start = 0; start < 1200; start += 100) {
			await Promise.all(Array.from({length: 100}, () => create(store, randomUUID(), ended)));
		}
		t.is(await store.prune(700), 700);
		t.is(await store.prune(1000), 500);
	});

	test(`${name}: records of several megabytes come back`, async t => {
		const store = await makeStore(t, await shared);
		const bytes = Buffer.alloc(Math.min(store.maxBytes, 2 ** 23), '0123456789abcdef\0\xff');
		await create(store, 'key', {...record(), bytes});
		t.true(Buffer.from((await store.read('key'))?.bytes ?? []).equals(bytes));
	});

	test(`${name}: bytes may be changed as soon as they are passed in`, async t => {
		const store = await makeStore(t, await shared);
		const bytes = Buffer.from('before');
		const created = store.create('key', {...record(), bytes});
		bytes.fill(0);
		const version = await created;
		t.is(Buffer.from((await store.read('key'))?.bytes ?? []).toString(), 'before');
		bytes.write('update');
		const updated = store.update('key', {...record(), bytes}, version ?? noVersion);
		bytes.fill(0);
		await updated;
		t.is(Buffer.from((await store.read('key'))?.bytes ?? []).toString(), 'update');
	});

	test(`${name}: a version that the store never made replaces nothing`, async t => {
		const store = await makeStore(t, await shared);
		await create(store, 'key', record());
		for (const version of ['', '1', 'x'.repeat(100), '\0', '\u{1F36A}'].map(toVersion)) {
			t.is(await store.update('key', record(), version), 'conflict');
			t.is(await store.update('nothing', record(), version), 'missing');
			t.false(await store.touch('key', record().expiresAt, version));
			t.false(await store.delete('key', version));
		}
	});

	test(`${name}: a malformed key is no fault of a write either`, async t => {
		const store = await makeStore(t, await shared);
		for (const key of ['', 'a b', 'a\0', '\u{1F36A}', 'k'.repeat(251)]) {
			t.is(await store.create(key, record()), undefined);
			t.is(await store.update(key, record(), noVersion), 'missing');
		}
	});
}

test('every Kysely fits, whatever its tables, and nothing else does', t => {
	type Tables = {person: {id: number; name: string | null}};
	expectTypeOf<Kysely<Tables>>().toExtend<SqlClient>();
	expectTypeOf<Kysely<unknown>>().toExtend<SqlClient>();
	expectTypeOf<URL>().not.toExtend<SqlClient>();
	t.pass();
});

test('dialects are told apart by what they can do', async t => {
	const kysely = await openPostgres('postgres://nowhere.invalid');
	const executor = kysely.getExecutor();
	const speaking = (adapter: object) => ({
		getExecutor: () =>
			new Proxy(executor, {get: (target, name) => (name === 'adapter' ? adapter : Reflect.get(target, name))}),
	});
	t.is(new SqlStore(speaking(new PGliteAdapter())).maxBytes, new SqlStore(kysely).maxBytes);
	t.throws(() => new SqlStore(speaking(new MssqlAdapter())), {
		instanceOf: TypeError,
		message: 'Expected a Kysely for PostgreSQL, MySQL, MariaDB or SQLite, got another',
	});
	await kysely.destroy();
});

test('the name of a table is one, with a schema or without', async t => {
	const kysely = await clients['SQLite of Node']?.();
	assert.ok(kysely);
	for (const table of ['', 'a b', 'a.b.c', 'sessions as s', 'a"b', 'x'.repeat(60), '1']) {
		t.throws(() => new SqlStore(kysely, {table}), {instanceOf: TypeError, message: /^Expected `table` to be a name/});
	}
	t.notThrows(() => new SqlStore(kysely, {table: 'auth.sessions'}));
	await kysely.destroy();
});

test('PostgreSQL: where transactions are serializable, too, exactly one of many writes wins', async t => {
	const kysely = await openPostgres(undefined, {}, {options: '-c default_transaction_isolation=serializable'});
	t.teardown(() => kysely.destroy());
	const store = await makeStore(t, kysely);
	const all = <Result>(call: () => Promise<Result>) => Promise.all(Array.from({length: 30}, call));
	const created = await all(() => store.create('key', record()));
	const [version = noVersion] = created.filter(result => result !== undefined);
	t.is(created.filter(result => result !== undefined).length, 1);
	const updated = await all(() => store.update('key', record(), version));
	t.is(updated.filter(result => result !== 'conflict').length, 1);
});

test('MariaDB: writes, touches and prunes at once come through', async t => {
	const kysely = await openMysql(await mysqlUrl());
	t.teardown(() => kysely.destroy());
	const store = await makeStore(t, kysely);
	await t.notThrowsAsync(
		Promise.all(
			Array.from({length: 300}, async (_, index) => {
				const key = `key-${index % 20}`;
				const version = await store.create(key, {...record(), subject: 'ann', expiresAt: Date.now() + (index % 3)});
				await store.touch(key, Date.now() + (index % 5), version ?? noVersion);
				await store.prune(10);
				await store.delete(key);
			}),
		),
	);
});

test('PostgreSQL: a store uses the schema that its table or its Kysely names', async t => {
	const kysely = await openPostgres();
	const [schema, table] = [tableName(), 'sessions'];
	await kysely.schema.createSchema(schema).execute();
	t.teardown(async () => {
		await kysely.schema.dropSchema(schema).cascade().execute();
		await kysely.destroy();
	});
	const named = new SqlStore(kysely, {table: `${schema}.${table}`});
	const within = new SqlStore(kysely.withSchema(schema));
	await named.createTable();
	await within.createTable();
	const version = await create(named, 'key', {...record(), subject: 'ann'});
	t.is((await within.read('key'))?.version, version);
	t.is(await within.create('key', record()), undefined);
	t.true(await within.touch('key', 0, version));
	const second = await within.create('key', record());
	t.is((await named.read('key'))?.version, second);
});
