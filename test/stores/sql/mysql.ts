import {randomUUID} from 'node:crypto';
import {setTimeout as pause} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {type Kysely, sql} from 'kysely';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {stopwatch} from '../../helpers/order/stopwatch.ts';
import {loginAs, openMysql, openUrl, tableUrl, testPassword} from '../../helpers/stores/sql.ts';

// What the pool of mysql2 does with connections.

/** A user of the shared server until the end of a test, the URL of a table with that login, and an administrator. */
const makeUser = async (
	t: ExecutionContext,
	limits = '',
): Promise<{readonly user: string; readonly url: string; readonly admin: Kysely<unknown>}> => {
	const url = await tableUrl(t, 'mysql');
	const admin = await openMysql();
	const user = `u_${randomUUID().slice(0, 8)}`;
	t.teardown(async () => {
		await sql.raw(`drop user ${user}`).execute(admin);
		await admin.destroy();
	});
	await sql.raw(`create user ${user} identified by '${testPassword}' ${limits}`).execute(admin);
	await sql.raw(`grant all on sessions.* to ${user}`).execute(admin);
	return {user, url: loginAs(url, user), admin};
};

test('MariaDB: a connection that is in use stays open', async t => {
	const url = new URL(await tableUrl(t, 'mysql'));
	const connectionsOf = async (pool: number): Promise<number> => {
		const proxy = await startProxy(Number(url.port));
		t.teardown(() => proxy.close());
		const address = Object.assign(new URL(url), {port: String(proxy.port)});
		address.searchParams.set('pool', String(pool));
		const store = openUrl(t, address.href);
		// mysql2 looks for connections to close once a second.
		for (let reads = 0; reads < 30; reads++) {
			await store.read('key');
			await pause(100);
		}
		return proxy.connections;
	};
	t.deepEqual(await Promise.all([connectionsOf(1), connectionsOf(5)]), [1, 1]);
});

test('MariaDB: connections that nobody uses are closed, and the next call opens one', async t => {
	const {user, url, admin} = await makeUser(t);
	const count = async (): Promise<number> => {
		const {rows} = await sql<{count: number | string}>`
			select count(*) as count from information_schema.processlist where user = ${user}`.execute(admin);
		return Number(rows[0]?.count);
	};
	const store = openUrl(t, url.replace(/queryTimeout=\d+/, 'queryTimeout=1500'));
	await Promise.all(Array.from({length: 5}, () => store.read('key')));
	t.is(await count(), 5);
	while ((await count()) > 0);
	t.is(await store.read('key'), undefined);
});

test('MariaDB: a connection whose settings the server refused takes no place in the pool', async t => {
	const {url, admin} = await makeUser(t, 'with max_queries_per_hour 20');
	const user = await openMysql(url.replace(/\?.*/, ''));
	t.teardown(() => user.destroy());
	const refused = {code: 'ER_USER_LIMIT_REACHED'};
	await t.throwsAsync(async () => {
		for (;;) await sql`select 1`.execute(user);
	}, refused);

	const store = openUrl(t, url.replace(/pool=\d+/, 'pool=1'));
	const elapsed = stopwatch(t);
	await t.throwsAsync(store.read('key'), refused);
	await t.throwsAsync(store.read('key'), refused);
	await sql`flush user_resources`.execute(admin);
	t.is(await store.read('key'), undefined);
	t.true(elapsed() < 20_000, 'long before the connection would be given up as silent');
});
