import test from 'ava';
import {useOtherVersion} from '../../helpers/stores/other-version.ts';

useOtherVersion('mongodb', 'mongodb-6');
const {MongoClient} = await import('mongodb');
const {MongoStore} = await import('../../../source/stores/mongodb.ts');
const {conformsInShort} = await import('../../helpers/stores/conforms-in-short.ts');
const {collectionUrl, connect, drawCollection, mongoUrl, openStore, standInErrs} = await import(
	'../../helpers/stores/mongodb.ts'
);

// The same as with the newest version, whose tests are next to this file.

const traits = {keeps: true, compareAndSwap: true, prune: true, bySubject: true, keys: true, maxBytes: true};

test('this is another version of the driver', async t => {
	t.true(Object.is((await import('mongodb-6')).MongoClient, MongoClient));
});

conformsInShort(
	'by URL, with the driver 6.0',
	async t => openStore(t, await collectionUrl()),
	{...traits, closes: true},
	standInErrs,
);

for (const [setting, options] of Object.entries({
	'no acknowledgement': {w: 0},
	'replies not promoted': {promoteValues: false, promoteBuffers: false, promoteLongs: false},
	bigints: {useBigInt64: true},
})) {
	conformsInShort(
		`by a client of the driver 6.0, ${setting}`,
		async t => {
			const client = connect(t, await mongoUrl(), options);
			return new MongoStore(client, {database: client.db().databaseName, collection: drawCollection()});
		},
		traits,
		standInErrs,
	);
}
