import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {expectTypeOf} from 'expect-type';
import type {Collection, Document, MongoClient, MongoClientOptions} from 'mongodb';
import {type SessionRecord, toVersion} from '../../source/store.ts';
import {MongoStore, type MongoStoreClient} from '../../source/stores/mongodb.ts';
import {conforms} from '../helpers/stores/conforms.ts';
import {conformsInShort} from '../helpers/stores/conforms-in-short.ts';
import {keysOf} from '../helpers/stores/keys-of.ts';
import {collectionUrl, connect, drawCollection, mongoUrl, openStore, standInErrs} from '../helpers/stores/mongodb.ts';
import {create, noVersion, record, update} from '../helpers/stores/records.ts';

const traits = {keeps: true, compareAndSwap: true, prune: true, bySubject: true, keys: true, maxBytes: true};
const day = 86_400_000;

/** A store on the shared server, and its collection as an application's own client sees it. */
const open = async (
	t: ExecutionContext,
): Promise<{store: MongoStore; documents: Collection<Document & {_id: string}>}> => {
	const client = connect(t, await mongoUrl());
	const [database, collection] = [client.db().databaseName, drawCollection()];
	return {
		store: new MongoStore(client, {database, collection, pruneEvery: 0}),
		documents: client.db().collection(collection),
	};
};

// Time stands still but for the cases' own steps, so no server removes what ended: it is us who must see that.
conforms(async t => openStore(t, await collectionUrl()), {...traits, closes: true}, standInErrs);

/** An application may have its reasons for settings that would lose sessions, bring them back, or make replies unreadable. */
const settings: Readonly<Record<string, MongoClientOptions>> = {
	'a secondary is read': {readPreference: 'secondary', readConcernLevel: 'available'},
	'writes are not acknowledged': {w: 0},
	'writes are acknowledged by one': {w: 1, journal: false, retryWrites: false, retryReads: false},
	'reads are linearizable': {readConcernLevel: 'linearizable'},
	'promoteValues off': {promoteValues: false},
	'promoteBuffers off': {promoteBuffers: false},
	'promoteLongs off': {promoteLongs: false},
	useBigInt64: {useBigInt64: true},
	bsonRegExp: {bsonRegExp: true},
	ignoreUndefined: {ignoreUndefined: true},
	serializeFunctions: {serializeFunctions: true},
	raw: {raw: true},
	fieldsAsRaw: {fieldsAsRaw: {bytes: true, version: true, expiresAt: true, subject: true}} as MongoClientOptions,
	'documents not validated': {enableUtf8Validation: false},
	'forced ids': {forceServerObjectId: true},
	compressors: {compressors: ['zlib']},
};
for (const [setting, options] of Object.entries(settings)) {
	conformsInShort(
		`a client for which ${setting}`,
		async t => {
			const client = connect(t, await mongoUrl(), options);
			const store = new MongoStore(client, {database: client.db().databaseName, collection: drawCollection()});
			await store.createIndexes();
			return store;
		},
		{...traits, maxBytes: true},
		standInErrs,
	);
}

test('clients of the driver fit, and nothing else does', async t => {
	expectTypeOf<MongoClient>().toExtend<MongoStoreClient>();
	expectTypeOf<URL>().not.toExtend<MongoStoreClient>();
	const database = connect(t, await mongoUrl()).db();
	for (const wrong of [database, database.collection('sessions'), {}, null, 1] as never[]) {
		t.throws(() => new MongoStore(wrong), {instanceOf: TypeError, message: /^Expected a `MongoClient`.*`db\.client`/});
	}
});

test('a client that does not say what a write found fails the write: it might have been made or not', async t => {
	const client = connect(t, await mongoUrl());
	const unknown = async () => ({acknowledged: false});
	const store = new MongoStore({
		db: database => ({
			collection: (name, options) =>
				Object.assign(client.db(database).collection(name, options), {
					replaceOne: unknown,
					updateOne: unknown,
					deleteOne: unknown,
				}),
		}),
	});
	const message = /doesn't say how many documents .* `mongodb` 5 or newer, or a URL$/;
	await t.throwsAsync(store.create('key', record()), {code: 'ERR_SESSION_STORE', message});
	await t.throwsAsync(store.update('key', record(), noVersion), {code: 'ERR_SESSION_STORE', message});
	await t.throwsAsync(store.touch('key', record().expiresAt, noVersion), {code: 'ERR_SESSION_STORE', message});
	await t.throwsAsync(store.delete('key'), {code: 'ERR_SESSION_STORE', message});
});

test('an expiry that no date can say is the last or the first of them', async t => {
	const {store, documents} = await open(t);
	const key = randomUUID();
	const version = await create(store, key, {...record(), expiresAt: Number.POSITIVE_INFINITY});
	t.is((await store.read(key))?.expiresAt, 8.64e15);
	t.true(await store.touch(key, Number.MAX_SAFE_INTEGER, version));
	t.is((await store.read(key))?.version, version);
	t.true(await store.touch(key, Number.NEGATIVE_INFINITY, version));
	t.is(await store.read(key), undefined);
	t.deepEqual((await documents.findOne({_id: key}))?.['expiresAt'], new Date(0));
});

test('a record may be as large as `maxBytes` says, whatever is kept beside the bytes', async t => {
	const store = await openStore(t, await collectionUrl());
	const key = randomUUID().padStart(250, '-');
	const large: SessionRecord = {
		...record(),
		bytes: Buffer.alloc(store.maxBytes ?? 0, randomUUID()),
		subject: 'x'.repeat(60_000),
	};
	const version = await create(store, key, large);
	t.true(Buffer.from(large.bytes).equals((await store.read(key))?.bytes ?? Buffer.of()));
	const next = await update(store, key, large, version);
	t.is((await store.read(key))?.version, next);
	await store.delete(key);
});

test('bytes come in memory of their own, not in what the driver read from its socket', async t => {
	const store = await openStore(t, await collectionUrl());
	const bytes = Buffer.alloc(100_000, 'a');
	await create(store, 'key', {...record(), bytes});
	t.is((await store.read('key'))?.bytes.buffer.byteLength, 100_000);
});

test('a document that is no record counts as none', async t => {
	const {store, documents} = await open(t);
	const expiresAt = new Date(Date.now() + day);
	const strangers = [{}, {expiresAt: 'soon'}, {expiresAt}, {expiresAt, bytes: 'text', version: 'a'}];
	for (const stranger of strangers) {
		const key = randomUUID();
		await documents.insertOne({_id: key, ...stranger});
		t.is(await store.read(key), undefined);
		t.is(await store.create(key, record()), undefined);
		t.truthy(await documents.findOne({_id: key}));
	}
});

test('a version that the store never made replaces nothing', async t => {
	const store = await openStore(t, await collectionUrl());
	await create(store, 'key', record());
	for (const version of ['', '1', '$ne', 'x'.repeat(100)].map(toVersion)) {
		t.is(await store.update('key', record(), version), 'conflict');
		t.is(await store.update('nothing', record(), version), 'missing');
		t.false(await store.touch('key', record().expiresAt, version));
		t.false(await store.delete('key', version));
	}
});

test('indexes are made once, by however many at once, and expire records and find subjects', async t => {
	const {store, documents} = await open(t);
	await Promise.all(Array.from({length: 10}, () => store.createIndexes()));
	await create(store, 'key', {...record(), subject: 'ann'});
	await store.createIndexes();

	const made = (await documents.indexes()).map(({key, expireAfterSeconds, sparse}) => ({
		key,
		expireAfterSeconds,
		sparse,
	}));
	t.deepEqual(made, [
		{key: {_id: 1}, expireAfterSeconds: undefined, sparse: undefined},
		{key: {expiresAt: 1}, expireAfterSeconds: 0, sparse: undefined},
		{key: {subject: 1}, expireAfterSeconds: undefined, sparse: true},
	]);
});

test('prune() deletes up to its limit though others prune too', async t => {
	const {store, documents} = await open(t);
	const expiresAt = new Date(0);
	await documents.insertMany(Array.from({length: 400}, (_, index) => ({_id: `key-${index}`, expiresAt})));
	const counts = await Promise.all([150, 150, 150].map(limit => store.prune(limit)));
	t.is(
		counts.reduce((sum, count) => sum + count),
		400,
	);
	t.deepEqual(counts.toSorted(), [100, 150, 150]);
});

test('prune() ends, too, where records can not be deleted', async t => {
	const client = connect(t, await mongoUrl());
	const [database, collection] = [client.db().databaseName, drawCollection()];
	const documents = client.db().collection<{_id: string; expiresAt: Date}>(collection);
	await documents.insertMany(Array.from({length: 3}, (_, index) => ({_id: `key-${index}`, expiresAt: new Date(0)})));
	const store = new MongoStore(
		{
			db: database => ({
				collection: (name, options) =>
					Object.assign(client.db(database).collection(name, options), {deleteMany: async () => ({deletedCount: 0})}),
			}),
		},
		{database, collection},
	);
	t.is(await store.prune(2), 0);
});

test('bySubject() takes a subject at its word', async t => {
	const {store} = await open(t);
	await create(store, 'key', {...record(), subject: 'ann'});
	const injected: unknown = {$ne: ''};
	t.deepEqual(await keysOf(store.bySubject(injected as string)), []);
});

test('a store needs no database and no collection of its own', async t => {
	const client = connect(t, await mongoUrl());
	for (const [options, name] of [
		[{}, 'koa_session.sessions'],
		[{database: 'shop'}, 'shop.sessions'],
		[{collection: 'app.sessions'}, 'koa_session.app.sessions'],
	] as const) {
		const asked: string[] = [];
		const store = new MongoStore(
			{
				db: database => ({
					collection(collection, settings) {
						asked.push(`${database}.${collection}`);
						return client.db(database).collection(collection, settings);
					},
				}),
			},
			options,
		);
		t.is(await store.read(randomUUID()), undefined);
		t.deepEqual(asked, [name]);
	}
});
