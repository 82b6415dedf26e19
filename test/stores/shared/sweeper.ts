import {readdir} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {sql} from 'kysely';
import type {Store} from '../../../source/store.ts';
import {FilesystemStore} from '../../../source/stores/filesystem.ts';
import {MongoStore} from '../../../source/stores/mongodb.ts';
import {Sweeper} from '../../../source/stores/shared/sweeper.ts';
import {SqlStore} from '../../../source/stores/sql.ts';
import {recordEvents} from '../../helpers/events/record-events.ts';
import {connect, drawCollection, mongoUrl} from '../../helpers/stores/mongodb.ts';
import {create, record} from '../../helpers/stores/records.ts';
import {openNodeSqlite, openPostgres, tableName} from '../../helpers/stores/sql.ts';
import {temporaryDirectory} from '../../helpers/stores/stores.ts';

test('it sweeps after so many creates, one sweep at a time, and never with 0', async t => {
	const limits: number[] = [];
	const gates: (() => void)[] = [];
	const sweeper = new Sweeper(3, limit => {
		limits.push(limit);
		return new Promise(resolve => gates.push(() => resolve(0)));
	});
	const never = new Sweeper(0, () => Promise.reject(t.fail()));
	for (let creates = 1; creates <= 8; creates++) {
		sweeper.count();
		never.count();
		await sleep(1);
		t.deepEqual(limits, creates < 3 ? [] : [6], `${creates}`);
	}
	gates[0]?.();
	await sleep(1);
	sweeper.count();
	await sleep(1);
	t.deepEqual(limits, [6, 6], 'those in the meantime counted');
});

test('one that fails or throws goes on with the next', async t => {
	let sweeps = 0;
	const sweeper = new Sweeper(1, () => {
		sweeps++;
		if (sweeps === 1) throw new Error('at once');
		return Promise.reject(new Error('later'));
	});
	for (let creates = 0; creates < 3; creates++) {
		sweeper.count();
		await sleep(2);
	}
	t.is(sweeps, 3);
});

/** Every fifth create deletes what ended. */
const sweeps = async (t: Parameters<typeof recordEvents>[0], store: Store, rows: () => Promise<number>) => {
	const events = recordEvents(t, ['expired']);
	for (const key of ['one', 'two', 'three', 'four']) {
		await store.touch(key, 0, await create(store, key, record()));
	}
	t.is(await rows(), 4, 'ended, but still there');
	await create(store, 'five', record());
	while (events.length === 0) await sleep(1);
	t.deepEqual(
		events.map(({payload}) => payload),
		[{count: 4}],
	);
	t.is(await rows(), 1);
	t.truthy(await store.read('five'));
};

for (const [name, open] of Object.entries({SQLite: openNodeSqlite, PostgreSQL: openPostgres})) {
	test.serial(`${name} cleans itself`, async t => {
		const kysely = await open();
		const table = tableName();
		const store = new SqlStore(kysely, {table, pruneEvery: 5});
		await store.createTable();
		t.teardown(async () => {
			await kysely.schema.dropTable(table).execute();
			await kysely.destroy();
		});
		await sweeps(t, store, async () => {
			const {rows} = await sql<{count: number}>`select count(*) as count from ${sql.table(table)}`.execute(kysely);
			return Number(rows[0]?.count);
		});
	});
}

test.serial('files clean themselves', async t => {
	const directory = await temporaryDirectory(t);
	await sweeps(t, new FilesystemStore({directory, pruneEvery: 5}), async () => {
		const entries = await readdir(directory, {recursive: true, withFileTypes: true});
		return entries.filter(entry => entry.isFile()).length;
	});
});

test.serial('MongoDB without its index cleans itself', async t => {
	const [client, collection] = [connect(t, await mongoUrl()), drawCollection()];
	const store = new MongoStore(client, {database: 'test', collection, pruneEvery: 5});
	const sessions = client.db('test').collection(collection);
	await sweeps(t, store, () => sessions.countDocuments());
	await sessions.deleteMany({});
});

test('what is no number of creates is refused', t => {
	for (const wrong of [-1, 1.5, '5', Infinity, null]) {
		t.throws(() => new SqlStore('sqlite::memory:', {pruneEvery: wrong} as never), {message: /`pruneEvery`/});
		t.throws(() => new FilesystemStore({pruneEvery: wrong} as never), {message: /`pruneEvery`/});
	}
	for (const url of ['sqlite::memory:?pruneEvery=-1', 'postgres://127.0.0.1/app?pruneEvery=often']) {
		t.throws(() => new SqlStore(url), {code: 'ERR_SESSION_STORE_URL'});
	}
	t.notThrows(() => new SqlStore('sqlite::memory:?pruneEvery=0'));
});
