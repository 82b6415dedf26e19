import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {inspect} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {type Kysely, sql} from 'kysely';
import {SqlStore} from '../../../source/stores/sql.ts';
import {startLossy} from '../../helpers/faults/lost-replies.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {eventually} from '../../helpers/order/eventually.ts';
import {stopwatch} from '../../helpers/order/stopwatch.ts';
import {endsByItself} from '../../helpers/processes/ends-by-itself.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, noVersion, record, textOf, update} from '../../helpers/stores/records.ts';
import {
	loginAs,
	makeStore,
	openMysql,
	openPostgres,
	openUrl,
	tableUrl,
	testPassword,
} from '../../helpers/stores/sql.ts';
import {temporaryDirectory} from '../../helpers/stores/stores.ts';
import {startMysql} from '../../services/mysql.ts';
import {startPostgres} from '../../services/postgres.ts';
import type {Server} from '../../services/server.ts';

type Database = {
	readonly name: string;
	readonly server: 'postgres' | 'mysql';
	readonly own: Promise<Server>;
	readonly open: (url?: string) => Promise<Kysely<unknown>>;
	/** How many connections there are, except for that of the one who asks. */
	readonly count: string;
	/** Makes a user on two servers. */
	readonly makeUser: (t: ExecutionContext, ...urls: readonly string[]) => Promise<string>;
	/** The connections that wait for a lock, each by its id. */
	readonly waiting: string;
	/** What makes the server end a connection. */
	readonly end: (id: unknown) => string;
	/** What makes a server refuse a user's writes, and what makes it take them again. */
	readonly takesNoWrites: (user: string) => readonly [on: string, off: string];
	/** What makes every insert fail with an error that quotes its values. */
	readonly quotingTrigger: (table: string) => readonly string[];
};

const databases = (): readonly Database[] => [
	{
		name: 'PostgreSQL',
		server: 'postgres',
		own: ownPostgres,
		open: openPostgres,
		count:
			"select count(*) as count from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
		makeUser: async (t, ...urls) =>
			createUser(t, openPostgres, urls, {
				create: user => [`create role ${user} login superuser`],
				drop: user => `drop role ${user}`,
			}),
		waiting: "select pid as id from pg_stat_activity where wait_event_type = 'Lock'",
		end: id => `select pg_terminate_backend(${id})`,
		takesNoWrites: user => [
			`alter role ${user} set default_transaction_read_only = on`,
			`alter role ${user} reset default_transaction_read_only`,
		],
		quotingTrigger: table => [
			`create function ${table}_f() returns trigger language plpgsql as
				$$ begin raise exception 'bad key "%" of "%"', new.key, convert_from(new.subject, 'UTF8') using detail = new.key; end $$`,
			`create trigger ${table}_t before insert on ${table} for each row execute function ${table}_f()`,
		],
	},
	{
		name: 'MariaDB',
		server: 'mysql',
		own: ownMysql,
		open: openMysql,
		count:
			"select count(*) as count from information_schema.processlist where command <> 'Daemon' and id <> connection_id()",
		makeUser: async (t, ...urls) =>
			createUser(t, openMysql, urls, {
				create: user => [`create user ${user} identified by '${testPassword}'`, `grant all on sessions.* to ${user}`],
				drop: user => `drop user ${user}`,
			}),
		waiting: "select trx_mysql_thread_id as id from information_schema.innodb_trx where trx_state = 'LOCK WAIT'",
		end: id => `kill ${id}`,
		// Root may write all the same.
		takesNoWrites: () => ['set global read_only = 1', 'set global read_only = 0'],
		quotingTrigger: table => [
			`create trigger ${table}_t before insert on ${table} for each row begin
				set @told = concat('bad key \\'', new.\`key\`, '\\' of \\'', new.subject, '\\'');
				signal sqlstate '45000' set message_text = @told; end`,
		],
	},
];

/** Makes a user on several servers until the end of a test. */
const createUser = async (
	t: ExecutionContext,
	open: Database['open'],
	urls: readonly string[],
	statements: {readonly create: (user: string) => readonly string[]; readonly drop: (user: string) => string},
): Promise<string> => {
	const user = `u_${randomUUID().slice(0, 8)}`;
	for (const url of urls) {
		const kysely = await open(url.replace(/\?.*/, ''));
		t.teardown(async () => {
			await sql.raw(statements.drop(user)).execute(kysely);
			await kysely.destroy();
		});
		for (const statement of statements.create(user)) await sql.raw(statement).execute(kysely);
	}
	return user;
};

/** Waits until a connection waits for a lock. Resolves with its id. */
const untilWaiting = async (kysely: Kysely<unknown>, waiting: string): Promise<unknown> => {
	for (;;) {
		const {rows} = await sql<{id: unknown}>`${sql.raw(waiting)}`.execute(kysely);
		if (rows[0]) return rows[0].id;
	}
};

/** Lets the clock of this process jump ahead until the end of a test. */
const passTime = (t: ExecutionContext, milliseconds: number): void => {
	const {now} = performance;
	performance.now = () => now.call(performance) + milliseconds;
	t.teardown(() => {
		performance.now = now;
	});
};

const address = (url: string, port: number): string => url.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);

/** Patient, so that a busy machine fails none. */
const patience = 'connectTimeout=60000&queryTimeout=60000';

// Servers that no other file uses. One after the other, the tests kill them and let them hang.
const [ownPostgres, ownMysql] = [startPostgres(), startMysql()];
test.after.always(async () => Promise.all([(await ownPostgres).stop(), (await ownMysql).stop()]));

for (const {name, server, own, open, count, waiting, end, takesNoWrites, makeUser, quotingTrigger} of databases()) {
	test.serial(`${name}: the store opens its own client on first use, and closes it`, async t => {
		const key = randomUUID();
		const {url} = await own;
		const admin = await open(url);
		t.teardown(() => admin.destroy());
		const connections = async (): Promise<number> => {
			const {rows} = await sql<{count: number | string}>`${sql.raw(count)}`.execute(admin);
			return Number(rows[0]?.count);
		};
		await new SqlStore(admin).createTable();
		const store = new SqlStore(`${url}?pool=3&${patience}`);
		// Of earlier tests, the server notices the end a moment later.
		while ((await connections()) > 0);

		await store.create(key, record());
		t.is(await connections(), 1);
		await Promise.all(Array.from({length: 20}, () => store.read(key)));
		t.is(await connections(), 3, 'as many as the pool may have');
		await store.close();
		// The server notices a moment later.
		while ((await connections()) > 0);
	});

	test.serial(
		`${name}: a process ends on its own: with a store never used, one closed, and one whose Kysely was closed`,
		async t => endsByItself(t, endingProgram, await tableUrl(t, server)),
	);

	test.serial(`${name}: a process lives on while its server is down, and finds it again`, async t => {
		const key = randomUUID();
		const server = await own;
		const store = openUrl(t, `${server.url}?${patience}`);
		await store.createTable();
		const version = await store.create(key, record());
		await Promise.all(Array.from({length: 5}, () => store.read(key)));
		const underWay = Promise.allSettled(Array.from({length: 50}, () => store.read(key)));
		await server.kill();
		await underWay;

		const error = await t.throwsAsync(async () => {
			for (;;) await store.read(key);
		});
		t.notRegex(error?.message ?? '', /select|key/);
		await server.restart();
		t.is((await eventually(() => store.read(key)))?.version, version);
	});

	test.serial(`${name}: a server that hangs fails calls in time, and its connections with them`, async t => {
		const key = randomUUID();
		const server = await own;
		const made = openUrl(t, `${server.url}?${patience}`);
		await made.createTable();
		await made.create(key, record());

		const store = openUrl(t, `${server.url}?connectTimeout=500&queryTimeout=500&pool=2`);
		const idle = new SqlStore(`${server.url}?connectTimeout=60000&queryTimeout=1000&pool=2`);
		await eventually(() => store.read(key));
		await eventually(() => idle.read(key));
		server.pause();
		const results = await Promise.allSettled(Array.from({length: 20}, () => store.read(key)));
		t.true(results.every(({status}) => status === 'rejected'));
		await t.notThrowsAsync(idle.close());
		server.resume();
		t.truthy(await eventually(() => store.read(key)));
	});

	test.serial(
		`${name}: a statement that waits for a lock is given up by the server, and its connection lives on`,
		async t => {
			const key = randomUUID();
			const url = await tableUrl(t, server);
			const [, table = ''] = /table=(\w+)/.exec(url) ?? [];
			const version = await openUrl(t, url).create(key, record());
			const store = openUrl(t, url.replace(/queryTimeout=\d+/, 'queryTimeout=3000'));
			await eventually(() => store.read(key));
			const admin = await open();
			t.teardown(() => admin.destroy());
			await admin.transaction().execute(async transaction => {
				await sql`update ${sql.table(table)} set expires_at = expires_at + 1`.execute(transaction);
				await t.throwsAsync(store.update(key, record('late'), version ?? noVersion), {message: /timeout/i});
			});
			t.is((await eventually(() => store.read(key)))?.version, version);
		},
	);

	test.serial(`${name}: a write whose reply was lost is sent again, and counts as that write`, async t => {
		const server = await own;
		await openUrl(t, `${server.url}?${patience}`).createTable();
		const {proxy, lossy} = await startLossy(t, server.port);
		const store = openUrl(t, `${address(server.url, proxy.port)}?${patience}&pool=1`);
		await store.read('nothing');
		const key = randomUUID();
		const first = await lossy(() => create(store, key, record('first')));
		t.is((await store.read(key))?.version, first);
		const second = await lossy(() => update(store, key, record('second'), first));
		t.is(await textOf(store, key), 'second');
		t.true(await lossy(() => store.touch(key, record().expiresAt, second)));
		await lossy(() => store.delete(key));
		t.is(await lossy(() => store.read(key)), undefined);
	});

	test.serial(`${name}: a write whose reply was lost, and that others replaced since, is no conflict`, async t => {
		const server = await own;
		const other = openUrl(t, `${server.url}?${patience}`);
		await other.createTable();
		const proxy = await startProxy(server.port);
		t.teardown(() => proxy.close());
		const store = openUrl(t, `${address(server.url, proxy.port)}?${patience}&pool=1`);
		const key = randomUUID();
		const version = await create(store, key, record('first'));
		// Between the first copy and the second one.
		proxy.loseNextReply(async () => {
			const stored = await other.read(key);
			assert.ok(stored);
			await update(other, key, record(`${Buffer.from(stored.bytes)}, theirs`), stored.version);
		});
		await t.throwsAsync(store.update(key, record('mine'), version));
		t.is(await textOf(store, key), 'mine, theirs');

		const another = randomUUID();
		proxy.loseNextReply(async () => {
			const stored = await other.read(another);
			assert.ok(stored);
			await update(other, another, record('theirs'), stored.version);
		});
		await t.throwsAsync(store.create(another, record('mine')));
		t.is(await textOf(store, another), 'theirs');
	});

	test.serial(`${name}: a write whose connection the server ends is sent again`, async t => {
		const {url} = await own;
		const admin = await open(url);
		t.teardown(() => admin.destroy());
		const store = openUrl(t, `${url}?${patience}&pool=1`);
		await store.createTable();
		const key = randomUUID();
		const version = await create(store, key, record('before'));
		let writing: Promise<unknown> | undefined;
		await admin.transaction().execute(async transaction => {
			await sql`update sessions set expires_at = expires_at + 1`.execute(transaction);
			writing = Promise.allSettled([store.update(key, record('after'), version)]);
			await sql.raw(end(await untilWaiting(admin, waiting))).execute(admin);
		});
		t.like(await writing, [{status: 'fulfilled'}]);
		t.is(await textOf(store, key), 'after');
	});

	test.serial(`${name}: connections that a firewall dropped without a word fail no call`, async t => {
		const server = await own;
		const proxy = await startProxy(server.port);
		t.teardown(() => proxy.close());
		const store = openUrl(t, `${address(server.url, proxy.port)}?connectTimeout=60000&queryTimeout=30000&pool=3`);
		await store.createTable();
		const key = randomUUID();
		const version = await create(store, key, record());
		await Promise.all([store.read(key), store.read(key), store.read(key)]);
		proxy.freeze();
		passTime(t, 2000);
		const elapsed = stopwatch(t);
		const results = await Promise.all([store.read(key), store.read(key), store.read(key)]);
		t.deepEqual(
			results.map(result => result?.version),
			[version, version, version],
		);
		t.true(await store.touch(key, record().expiresAt, version));
		t.true(elapsed() < 20_000, 'long before the limit of a query');
	});

	test.serial(
		`${name}: after a failover, connections to the server that takes no writes any more are dropped`,
		async t => {
			const old = await own;
			const url = await tableUrl(t, server);
			const proxy = await startProxy(old.port);
			t.teardown(() => proxy.close());
			const [, table = ''] = /table=(\w+)/.exec(url) ?? [];
			const admin = await open(old.url);
			t.teardown(() => admin.destroy());
			await new SqlStore(admin, {table}).createTable();
			const user = await makeUser(t, old.url, url);
			const [readOnly, writable] = takesNoWrites(user);
			t.teardown(() => sql.raw(writable).execute(admin));
			await sql.raw(readOnly).execute(admin);

			const login = loginAs(old.url, user);
			const store = openUrl(t, `${address(login, proxy.port)}?table=${table}&${patience}&pool=3`);
			await Promise.all([store.read('key'), store.read('key'), store.read('key')]);
			proxy.redirect(Number(new URL(url).port));
			const version = await create(store, 'key', record());
			t.is((await openUrl(t, url).read('key'))?.version, version);
			const read = await Promise.all([store.read('key'), store.read('key'), store.read('key')]);
			t.deepEqual(
				read.map(result => result?.version),
				[version, version, version],
				'none is read from the old server',
			);
		},
	);

	test.serial(`${name}: no connection is used for longer than some minutes`, async t => {
		const server = await own;
		const proxy = await startProxy(server.port);
		t.teardown(() => proxy.close());
		const store = openUrl(t, `${address(server.url, proxy.port)}?${patience}`);
		await store.createTable();
		const before = proxy.connections;
		await store.read('key');
		t.is(proxy.connections, before);
		passTime(t, 10 * 60_000);
		await store.read('key');
		t.is(proxy.connections, before + 1);
	});

	test.serial(`${name}: an error tells the reason, and nothing that is secret`, async t => {
		const kysely = await open();
		t.teardown(() => kysely.destroy());
		const store = await makeStore(t, kysely);
		const [, table = ''] = /exists ["`](\w+)/.exec(await store.createTableSql()) ?? [];
		for (const statement of quotingTrigger(table)) await sql.raw(statement).execute(kysely);
		const error = await t.throwsAsync(store.create('secret-key', {...record('secret-data'), subject: 'secret-name'}));
		t.regex(error?.message ?? '', /^bad key/);
		t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-/);
	});
}

test.serial('MariaDB, autocommit off on the server: a store that opens its own client turns it on', async t => {
	const {url} = await ownMysql;
	const admin = await openMysql(url);
	t.teardown(async () => {
		await sql`set global autocommit = 1`.execute(admin);
		await admin.destroy();
	});
	await sql`set global autocommit = 0`.execute(admin);
	const [one, other] = [openUrl(t, `${url}?${patience}`), openUrl(t, `${url}?${patience}`)];
	await one.createTable();
	const key = randomUUID();
	const version = await one.create(key, record());
	t.truthy(version);
	t.is((await other.read(key))?.version, version);
});

test.serial(
	'MariaDB, no backslash escapes on the server: a store that opens its own client takes texts for texts',
	async t => {
		const {url} = await ownMysql;
		const admin = await openMysql(url);
		const {rows} = await sql<{mode: string}>`select @@global.sql_mode as mode`.execute(admin);
		t.teardown(async () => {
			await sql`set global sql_mode = ${sql.lit(rows[0]?.mode)}`.execute(admin);
			await admin.destroy();
		});
		const modes = ['NO_BACKSLASH_ESCAPES', 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'];
		for (const mode of modes) {
			await sql`set global sql_mode = ${sql.lit(mode)}`.execute(admin);
			const store = openUrl(t, `${url}?${patience}`);
			await store.createTable();
			const subject = `'); drop table sessions; -- ${randomUUID()} \\`;
			const key = randomUUID();
			await create(store, key, {...record(), subject});
			t.is((await store.read(key))?.subject, subject);
			t.deepEqual(await keysOf(store.bySubject(subject)), [key]);
		}
	},
);

test.serial('MariaDB: a record that the server finds too large says which setting to raise', async t => {
	const {url} = await ownMysql;
	const admin = await openMysql(url);
	const limit = async (bytes: number) =>
		void (await sql`set global max_allowed_packet = ${sql.lit(bytes)}`.execute(admin));
	t.teardown(async () => {
		await limit(2 ** 24);
		await admin.destroy();
	});
	await limit(2 ** 20);
	const store = openUrl(t, `${url}?${patience}`);
	await store.createTable();
	const key = randomUUID();
	const large = {...record(), bytes: Buffer.alloc(2 ** 22)};
	for (let tries = 0; tries < 3; tries++) {
		await t.throwsAsync(store.create(key, large), {code: 'ERR_SESSION_STORE', message: /`max_allowed_packet`/});
	}
	const version = await create(store, key, record());
	await t.throwsAsync(store.update(key, large, version), {message: /`max_allowed_packet`/});
	t.is((await store.read(key))?.version, version);
});

const endingProgram = `
import {Kysely, MysqlDialect, PostgresDialect} from 'kysely';
import {SqlStore} from './source/stores/sql.ts';
const [, url] = process.argv;
new SqlStore(url);
const closed = new SqlStore(url);
await closed.read('nothing');
await closed.close();
const [address] = url.split('?');
const dialect = url.startsWith('mysql')
	? new MysqlDialect({pool: (await import('mysql2')).default.createPool(address)})
	: new PostgresDialect({pool: new (await import('pg')).default.Pool({connectionString: address})});
const kysely = new Kysely({dialect});
const borrowing = new SqlStore(kysely, {table: new URL(url).searchParams.get('table')});
await borrowing.read('nothing');
await borrowing.close();
await kysely.destroy();
`;

test.serial('a server that is told apart by its password alone keeps it to itself', async t => {
	for (const url of [await tableUrl(t, 'postgres'), await tableUrl(t, 'mysql')]) {
		const wrong = url.replace(/\/\/[^@/]+@/, '//nobody-here:secret-word@');
		const error = await t.throwsAsync(openUrl(t, wrong).read('key'));
		t.truthy(error?.message);
		t.notRegex(inspect(error, {showHidden: true, depth: Number.POSITIVE_INFINITY}), /secret-word/);
	}
});

test.serial('a write that is sent again counts as that write', async t => {
	const again = [
		await openTwice(t, await openPostgres()),
		await openTwice(t, await openMysql()),
		await openTwice(t, await openMysql(undefined, {}, {flags: ['-FOUND_ROWS']})),
		new SqlStore(`sqlite:${await temporaryDirectory(t)}/sessions.db`),
	];
	for (const store of again) {
		const version = await store.create('key', record('first'));
		assert.ok(version);
		t.is((await store.read('key'))?.version, version);
		const next = await update(store, 'key', record('second'), version);
		t.is((await store.read('key'))?.version, next);
		t.is(await store.update('key', record('third'), version), 'conflict');
		t.is(await store.create('key', record()), undefined);
		await store.close();
	}
});

/** A store whose client sends every statement twice, and tells of the second reply only. */
const openTwice = async (t: ExecutionContext, kysely: Kysely<unknown>): Promise<SqlStore> => {
	t.teardown(() => kysely.destroy());
	const {table} = await tableOf(t, kysely);
	const executor = kysely.getExecutor();
	const twice = new Proxy(executor, {
		get(target, name) {
			if (name !== 'executeQuery') {
				const value = Reflect.get(target, name);
				return typeof value === 'function' ? value.bind(target) : value;
			}
			return async (...args: Parameters<typeof executor.executeQuery>) => {
				await executor.executeQuery(...args).catch(() => {});
				return executor.executeQuery(...args);
			};
		},
	});
	return new SqlStore({getExecutor: () => twice}, {table});
};

const tableOf = async (t: ExecutionContext, kysely: Kysely<unknown>): Promise<{table: string}> => {
	const store = await makeStore(t, kysely);
	const [, table = ''] = /exists ["`](\w+)/.exec(await store.createTableSql()) ?? [];
	return {table};
};
