import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import test from 'ava';
import {conforms} from '../helpers/conforms.ts';
import {clients, makeStore} from '../helpers/sql.ts';

const traits = {keeps: true, prune: true, bySubject: true};

for (const [name, open] of Object.entries(clients)) {
	// One for all cases: none closes what it didn't open.
	const kysely = open();
	test.after.always(async () => (await kysely).destroy());
	conforms(async t => makeStore(t, await kysely), traits, {prefix: `${name}: `});
}
