import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import type {CommandStartedEvent, MongoClientOptions} from 'mongodb';
import {MongoStore} from '../../../source/stores/mongodb.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {connect, drawCollection, mongoUrl} from '../../helpers/stores/mongodb.ts';
import {create, record, update} from '../../helpers/stores/records.ts';

// What travels between the store and its server, as the driver tells.

const watch = async (t: ExecutionContext, options: MongoClientOptions = {}) => {
	const client = connect(t, await mongoUrl(), {...options, monitorCommands: true});
	const events: CommandStartedEvent[] = [];
	client.on('commandStarted', event => {
		if (!/^(endSessions|hello)$/.test(event.commandName)) events.push(event);
	});

	/** The names of the commands that a call sends, and its result. */
	const sentBy = async <Result>(call: () => Promise<Result>): Promise<readonly [string, Result]> => {
		events.length = 0;
		const result = await call();
		return [events.map(({commandName}) => commandName).join(' '), result];
	};
	const [database, collection] = [client.db().databaseName, drawCollection()];
	return {
		store: new MongoStore(client, {database, collection}),
		documents: client.db().collection<{_id: string; expiresAt: Date; subject: string}>(collection),
		events,
		sentBy,
	};
};

test('every operation is one command, and one more tells why an update found nothing', async t => {
	const {store, sentBy} = await watch(t);
	const past = {...record(), expiresAt: Date.now() - 1};

	const [created, first] = await sentBy(() => store.create('key', record()));
	const [taken] = await sentBy(() => store.create('key', record()));
	await store.create('ended', past);
	const [revived, version] = await sentBy(() => store.create('ended', record()));
	assert.ok(first && version);
	const [updated, second] = await sentBy(() => update(store, 'key', record(), first));
	const [touched] = await sentBy(() => store.touch('key', record().expiresAt, second));
	const [lost] = await sentBy(() => store.update('key', record(), first));
	const [missing] = await sentBy(() => store.update('nothing', record(), first));
	const [missed] = await sentBy(() => store.read('nothing'));
	const [found] = await sentBy(() => store.read('key'));
	const [deleted] = await sentBy(() => store.delete('key'));
	const [none] = await sentBy(() => store.prune(10));
	await store.create('ended too', past);
	const [pruned] = await sentBy(() => store.prune(10));
	t.deepEqual(
		{created, taken, revived, updated, touched, lost, missing, missed, found, deleted, none, pruned},
		{
			created: 'update',
			taken: 'update',
			revived: 'update',
			updated: 'update',
			touched: 'update',
			lost: 'update find',
			missing: 'update find',
			missed: 'find',
			found: 'find',
			deleted: 'delete',
			none: 'find',
			pruned: 'find delete',
		},
	);
});

test('each command says what it needs, whatever the client is set to', async t => {
	const unsafe = {readPreference: 'secondaryPreferred', readConcernLevel: 'available', w: 0} as const;
	const {store, events} = await watch(t, unsafe);
	const version = await create(store, 'key', {...record(), subject: 'ann'});
	const next = await update(store, 'key', {...record(), subject: 'ann'}, version);
	await store.touch('key', record().expiresAt, next);
	await store.read('key');
	t.deepEqual(await keysOf(store.bySubject('ann')), ['key']);
	await store.delete('key', next);
	await store.prune(10);
	await store.createIndexes();

	const said = events.map(({commandName, command}) => {
		const needs = commandName === 'find' ? {...command['readConcern']} : {...command['writeConcern']};
		return [commandName, {...needs}, command['$readPreference']?.mode ?? 'primary'];
	});
	const safe = {w: 'majority', wtimeout: 5000};
	t.deepEqual(said, [
		['update', safe, 'primary'],
		['update', safe, 'primary'],
		['update', safe, 'primary'],
		['find', {level: 'local'}, 'primary'],
		['find', {level: 'local'}, 'primary'],
		['delete', safe, 'primary'],
		['find', {level: 'local'}, 'primary'],
		['createIndexes', safe, 'primary'],
	]);
});

test('a walk over keys is one command for each page', async t => {
	const {store, documents, events, sentBy} = await watch(t);
	const expiresAt = new Date(Date.now() + 3_600_000);
	await documents.insertMany(
		Array.from({length: 1500}, (_, index) => ({_id: `key-${index}`, expiresAt, subject: 'ann'})),
	);
	const [whole, keys] = await sentBy(() => keysOf(store.keys('key-')));
	t.is(whole, 'find find');
	// MongoDB would otherwise begin with 101 documents. The stand-in gives all of them anyway.
	t.true(events.every(({command}) => command['batchSize'] > command['limit']));
	t.is(new Set(keys).size, 1500);
});

test('a walk over a subject comes in batches, and ends at the server when its consumer stops', async t => {
	const {store, documents, sentBy} = await watch(t);
	const expiresAt = new Date(Date.now() + 3_600_000);
	const ended = new Date(Date.now() - 1);
	await documents.insertMany([
		...Array.from({length: 1500}, (_, index) => ({_id: `key-${index}`, expiresAt, subject: 'ann'})),
		{_id: 'ended', expiresAt: ended, subject: 'ann'},
		{_id: 'other', expiresAt, subject: 'bob'},
	]);

	const [whole, keys] = await sentBy(async () => {
		return new Set(await keysOf(store.bySubject('ann')));
	});
	t.is(whole, 'find getMore');
	t.is(keys.size, 1500);
	t.false(keys.has('ended') || keys.has('other'));

	const [part] = await sentBy(async () => {
		for await (const page of store.bySubject('ann')) {
			t.true(page.length > 0 && page.every(key => keys.has(key)));
			break;
		}
	});
	t.is(part, 'find killCursors');
});
