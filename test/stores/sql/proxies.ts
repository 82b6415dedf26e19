import test from 'ava';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {keepsContract} from '../../helpers/stores/conforms-in-short.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {record} from '../../helpers/stores/records.ts';
import {openPostgres, openUrl, postgresUrl, tableName} from '../../helpers/stores/sql.ts';
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
	const store = openUrl(t, `${url}?table=${table}&pool=1`);
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
