import {StatementSync} from 'node:sqlite';
import test from 'ava';
import {SessionError} from '../../../source/errors.ts';
import {checkUrl, open} from '../../../source/stores/open.ts';
import {parseSqlUrl} from '../../../source/stores/sql/url.ts';
import {SqlStore} from '../../../source/stores/sql.ts';

test('a URL says where a database is, and how to use it', t => {
	const defaults = {table: 'sessions', pool: 10, connectTimeout: 2000, queryTimeout: 5000, pruneEvery: 100};
	t.deepEqual(parseSqlUrl('postgres://user:pass@host:1/db?sslmode=disable&table=auth.sessions&pool=3'), {
		...defaults,
		dialect: 'postgres',
		address: 'postgres://user:pass@host:1/db?sslmode=disable',
		table: 'auth.sessions',
		pool: 3,
	});
	t.deepEqual(parseSqlUrl('mysql://host/db?queryTimeout=700&connectTimeout=300'), {
		...defaults,
		dialect: 'mysql',
		address: 'mysql://host/db',
		connectTimeout: 300,
		queryTimeout: 700,
	});
	t.is(parseSqlUrl('postgresql:///db?host=/run/postgresql').address, 'postgresql:///db?host=%2Frun%2Fpostgresql');
	t.is(parseSqlUrl('postgres://host/db?statement_timeout=').address, 'postgres://host/db?statement_timeout=');
});

test('a URL of SQLite is the path of a file', t => {
	const addressOf = (url: string): string => parseSqlUrl(url).address;
	t.is(addressOf('sqlite:./sessions.db'), `${process.cwd()}/sessions.db`);
	t.is(addressOf('sqlite:a%20b.db?table=visits'), `${process.cwd()}/a b.db`);
	t.is(addressOf('sqlite:/var/lib/sessions.db'), '/var/lib/sessions.db');
	t.is(addressOf('sqlite:///var/lib/sessions.db'), '/var/lib/sessions.db');
	t.is(addressOf('sqlite::memory:'), ':memory:');
});

test('a wrong URL is refused at once, and no message shows what it held', async t => {
	const wrong = [
		'postgres://user:secret@host/db?pool=secret',
		'postgres://user:secret@host/db?pool=0',
		'postgres://user:secret@host/db?table=secret%20table',
		'mysql://user:secret@host/db?queryTimeout=5s',
		'mysql://user:secret@host/db?connectTimeout=',
		'mysql://user:secret@host/db?maxIdle=secret',
		'sqlite:',
		'sqlite:?table=sessions',
		'sqlite://secret/sessions.db',
		'sqlite:%secret',
		'sqlite:a%00secret',
		'sqlite:./sessions.db?pool=3',
		'sqlite:./sessions.db?secret=1',
		'mssql://user:secret@host/db',
		'secret',
		'',
	];
	for (const url of wrong) {
		const expected = {instanceOf: SessionError, code: 'ERR_SESSION_STORE_URL'};
		for (const error of [
			t.throws(() => checkUrl(url), expected),
			t.throws(() => new SqlStore(url), expected),
			await t.throwsAsync(open(url), expected),
		]) {
			t.notRegex(error?.message ?? '', /secret/);
		}
	}
});

test('what a pool calls its settings is refused, since the client library would ignore it', t => {
	for (const [url, expected] of [
		['mysql://host/db?connectionLimit=3', 'of `mysql:` to have `pool` instead of `connectionLimit`'],
		['mysql://host/db?queueLimit=3', 'of `mysql:` to have no `queueLimit`: the store sets it'],
		['mysql://host/db?ssl={}&idleTimeout=3', 'of `mysql:` to have no `idleTimeout`: the store sets it'],
		['postgresql://host/db?max=3', 'of `postgresql:` to have `pool` instead of `max`'],
		[
			'postgres://host/db?connectionTimeoutMillis=3',
			'of `postgres:` to have `connectTimeout` instead of `connectionTimeoutMillis`',
		],
	] as const) {
		t.throws(() => checkUrl(url), {code: 'ERR_SESSION_STORE_URL', message: `Expected the store URL ${expected}`});
	}
	t.is(parseSqlUrl('mysql://host/db?max=3').address, 'mysql://host/db?max=3', 'this library has no such setting');
});

test('a URL opens a store without connecting to anything', async t => {
	for (const url of ['postgres://nowhere.invalid/db', 'postgresql://nowhere.invalid', 'mysql://nowhere.invalid/db']) {
		t.notThrows(() => checkUrl(url));
		const store = await open(url);
		t.true(store instanceof SqlStore);
		await store.close?.();
	}
});

test('a Node whose own SQLite is too old for the store needs another library, which the check of a URL says', t => {
	const columns = Object.getOwnPropertyDescriptor(StatementSync.prototype, 'columns') ?? {};
	Reflect.deleteProperty(StatementSync.prototype, 'columns');
	try {
		t.throws(() => checkUrl('sqlite:./sessions.db'), {code: 'ERR_SESSION_STORE_URL', message: /`better-sqlite3`/});
	} finally {
		Object.defineProperty(StatementSync.prototype, 'columns', columns);
	}
	t.notThrows(() => checkUrl('sqlite:./sessions.db'));
});

test('the option of the table goes before that of the URL', async t => {
	const store = new SqlStore('sqlite::memory:?table=first', {table: 'second'});
	t.regex(await store.createTableSql(), /"second"/);
	await store.close();
});
