import {once} from 'node:events';
import {createServer} from 'node:net';
import test from 'ava';
import {sql} from 'kysely';
import {startProxy} from '../../helpers/faults/proxy.ts';
import {create, record} from '../../helpers/stores/records.ts';
import {openPostgres, openUrl, tableUrl} from '../../helpers/stores/sql.ts';

test('a server that does not answer a login in time fails the call, which does not wait a second time', async t => {
	let connections = 0;
	const server = createServer(socket => {
		connections++;
		socket.on('error', () => {}).resume();
	}).listen(0, '127.0.0.1');
	t.teardown(() => server.close());
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address ? address.port : 0;
	const store = openUrl(t, `postgres://user@127.0.0.1:${port}/app?connectTimeout=500`);
	await t.throwsAsync(store.create('key', record()), {message: /connection timeout/});
	t.is(connections, 1);
});

test('deletions of many keys leave the other statements prepared', async t => {
	const url = new URL(await tableUrl(t, 'postgres'));
	const proxy = await startProxy(Number(url.port));
	t.teardown(() => proxy.close());
	url.port = String(proxy.port);
	url.searchParams.set('pool', '1');
	const admin = await openPostgres();
	t.teardown(() => admin.destroy());
	await sql`insert into ${sql.table(url.searchParams.get('table') ?? '')} (key, version, expires_at, data)
		select 'ended' || n, 'a'::bytea, 1, 'a'::bytea from generate_series(1, 1500) as n`.execute(admin);

	const store = openUrl(t, url.href);
	for (let keys = 12; keys < 50; keys++) t.is(await store.prune(keys), keys);
	await create(store, 'key', record());
	const heard = proxy.overhear();
	for (let reads = 0; reads < 5; reads++) t.truthy(await store.read('key'));
	t.is(heard().split('select').length - 1, 1, 'its text was sent once');
});
