import test from 'ava';
import {startLossy, survivesLostReplies} from '../../helpers/faults/lost-replies.ts';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {keepsContract} from '../../helpers/stores/conforms-in-short.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {create, record, update} from '../../helpers/stores/records.ts';
import {openPostgres, openUrl, postgresUrl, tableName, tableUrl} from '../../helpers/stores/sql.ts';
import {startPgBouncer} from '../../services/pgbouncer.ts';

test('a store reaches PostgreSQL through PgBouncer, which takes none of its settings', async t => {
	const proxy = await startPgBouncer(Number(new URL(await postgresUrl()).port));
	t.teardown(() => proxy.stop());
	const table = tableName();
	const kysely = await openPostgres();
	t.teardown(async () => {
		await kysely.schema.dropTable(table).ifExists().execute();
		await kysely.destroy();
	});
	const store = openUrl(t, `${proxy.url}?table=${table}&connectTimeout=30000&queryTimeout=30000`);
	await store.createTable();
	await t.notThrowsAsync(keepsContract(store));
	const reads = await Promise.all(Array.from({length: 30}, () => store.read('nothing')));
	t.is(reads.length, 30);
});

test('a write whose connection PgBouncer lost is sent again, and counts as that write', async t => {
	const url = await tableUrl(t, 'postgres');
	const {proxy, lossy} = await startLossy(t, Number(new URL(url).port));
	const bouncer = await startPgBouncer(proxy.port);
	t.teardown(() => bouncer.stop());
	const store = openUrl(t, `${bouncer.url}${new URL(url).search}`);
	await store.read('nothing');
	await survivesLostReplies(t, store, lossy, 'key', openUrl(t, url));
});

/** What servers of MySQL send before they end a connection, and what MaxScale sends. MariaDB itself says nothing. */
const farewells = {
	'Server shutdown in progress': {errno: 1053, state: '08S01'},
	'Connection killed by MaxScale': {errno: 1927, state: '70100'},
};

for (const [message, {errno, state}] of Object.entries(farewells)) {
	test(`a write is sent again, and counts as that write, after MySQL said: ${message}`, async t => {
		const url = new URL(await tableUrl(t, 'mysql'));
		const proxy = await startProxy(Number(url.port));
		t.teardown(() => proxy.close());
		url.port = String(proxy.port);
		const store = openUrl(t, url.href);
		await store.read('nothing');

		const text = Buffer.from(`\xFF__#${state}${message}`, 'latin1');
		text.writeUInt16LE(errno, 1);
		const packet = Buffer.concat([Buffer.from([text.length, 0, 0, 1]), text]);
		proxy.loseNextReply(undefined, () => packet);
		const version = await create(store, 'key', record('first'));
		proxy.loseNextReply(undefined, () => packet);
		const next = await update(store, 'key', record('second'), version);
		t.is((await store.read('key'))?.version, next);
		t.is(proxy.lost, 2);
	});
}

test('PostgreSQL parses each statement once a connection, and the table may change', async t => {
	const url = new URL(await postgresUrl());
	const proxy = await startProxy(Number(url.port));
	t.teardown(() => proxy.close());
	url.port = String(proxy.port);
	const table = tableName();
	const kysely = await openPostgres();
	t.teardown(async () => {
		await kysely.schema.dropTable(table).ifExists().execute();
		await kysely.destroy();
	});
	const store = openUrl(t, `${url}?table=${table}&pool=1&connectTimeout=30000&queryTimeout=30000`);
	await store.createTable();
	await store.create('key', record());

	const heard = proxy.overhear();
	for (let reads = 0; reads < 5; reads++) t.truthy(await store.read('key'));
	t.is(heard().split('select').length - 1, 1, 'its text was sent once');

	t.deepEqual(await keysOf(store.keys('')), ['key']);
	await kysely.schema
		.alterTable(table)
		.alterColumn('key', column => column.setDataType('text'))
		.execute();
	t.deepEqual(await keysOf(store.keys('')), ['key'], 'although what was prepared has another type');
});
