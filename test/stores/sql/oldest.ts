import test from 'ava';
import {useOtherVersion} from '../../helpers/stores/other-version.ts';

useOtherVersion('kysely', 'kysely-0.27');
const {sql} = await import('kysely');
const {conformsInShort} = await import('../../helpers/stores/conforms-in-short.ts');
const {clients, makeStore, openUrl, tableUrl} = await import('../../helpers/stores/sql.ts');

// The same as with the newest version, whose tests are next to this file.

const traits = {keeps: true, compareAndSwap: true, prune: true, bySubject: true, keys: true};

test('this is another version of Kysely', async t => {
	t.true(Object.is((await import('kysely-0.27')).sql, sql));
});

for (const [name, open] of Object.entries(clients)) {
	conformsInShort(
		`${name} by Kysely 0.27`,
		async t => {
			const kysely = await open();
			t.teardown(() => kysely.destroy());
			return makeStore(t, kysely);
		},
		{...traits, maxBytes: name === 'MariaDB'},
	);
}
for (const server of ['postgres', 'mysql'] as const) {
	conformsInShort(`${server} by URL and Kysely 0.27`, async t => openUrl(t, await tableUrl(t, server)), {
		...traits,
		closes: true,
		maxBytes: server === 'mysql',
	});
}
conformsInShort('SQLite by URL and Kysely 0.27', async t => openUrl(t, 'sqlite::memory:'), {...traits, closes: true});
