import assert from 'node:assert/strict';
import type {BatchGetItemCommandOutput} from '@aws-sdk/client-dynamodb';
import test from 'ava';
import type {SessionRecord} from '../../../source/store.ts';
import {DynamoStore} from '../../../source/stores/dynamodb.ts';
import {connect, newTableUrl, watchCommands} from '../../helpers/stores/dynamodb.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {noVersion} from '../../helpers/stores/records.ts';

const anns = (): SessionRecord => ({bytes: Buffer.from('data'), expiresAt: Date.now() + 3_600_000, subject: 'ann'});

const walk = async (store: DynamoStore, subject: string): Promise<string[]> =>
	(await keysOf(store.bySubject(subject))).toSorted();

/** Two stores on one new table; something happens around the commands of the second. */
const open = async (
	t: Parameters<typeof connect>[0],
	around: (name: string, send: () => Promise<object>) => Promise<object>,
) => {
	const url = await newTableUrl();
	const client = connect(t, url);
	const options = {table: new URL(url).pathname.slice(1)};
	return [new DynamoStore(client, options), new DynamoStore(watchCommands(client, around), options)] as const;
};

test('what the index still knows, but is over by now, is left out', async t => {
	const [store, late] = await open(t, async (name, send) => {
		const output = await send();
		if (name === 'QueryCommand') await end();
		return output;
	});
	const end = async () => {
		await store.delete('deleted');
		await store.touch('ended', Date.now(), versions[1] ?? noVersion);
		const {subject, ...nobodys} = anns();
		await store.update('nobodys', nobodys, versions[2] ?? noVersion);
		await store.update('bobs', {...anns(), subject: 'bob'}, versions[3] ?? noVersion);
	};
	const keys = ['deleted', 'ended', 'nobodys', 'bobs', 'live'];
	const versions = await Promise.all(keys.map(key => store.create(key, anns())));
	t.deepEqual(await walk(store, 'ann'), keys.toSorted());
	t.deepEqual(await walk(late, 'ann'), ['live']);
	t.deepEqual(await walk(store, 'bob'), ['bobs']);
});

test('a walk gives a page after each round trip', async t => {
	let trips = 0;
	const [store, counted] = await open(t, (_name, send) => {
		trips++;
		return send();
	});
	await store.create('key', anns());
	const pages: [number, readonly string[]][] = [];
	for await (const page of counted.bySubject('ann')) {
		pages.push([trips, page]);
		trips = 0;
	}
	t.deepEqual(pages, [
		[1, []],
		[1, ['key']],
	]);
	t.is(trips, 0);
});

test('a walk goes on over any number of pages, and where the server stopped half-way', async t => {
	const commands: string[] = [];
	const [store, watched] = await open(t, async (name, send) => {
		commands.push(name);
		const output = await send();
		if (name !== 'BatchGetItemCommand') return output;

		// As DynamoDB does beyond 16 MB, or a table's capacity.
		const {Responses = {}} = output as BatchGetItemCommandOutput;
		const [[table = '', items = []] = []] = Object.entries(Responses);
		const done = Math.ceil(items.length / 2);
		const Keys = items.slice(done).flatMap(({key}) => (key ? [{key}] : []));
		const UnprocessedKeys = Keys.length > 0 ? {[table]: {Keys}} : {};
		return {Responses: {[table]: items.slice(0, done)}, UnprocessedKeys};
	});
	const keys = Array.from({length: 120}, (_, index) => `key-${index}`);
	for (const key of keys) await store.create(key, anns());
	assert.deepEqual(await walk(watched, 'ann'), keys.toSorted());
	t.is(commands.filter(name => name === 'QueryCommand').length, 2);
	t.true(commands.filter(name => name === 'BatchGetItemCommand').length > 6);
});
