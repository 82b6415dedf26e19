import test from 'ava';
import {keepsContract} from '../../helpers/stores/conforms-in-short.ts';
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
