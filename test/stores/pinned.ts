import assert from 'node:assert/strict';
import {globSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import test from 'ava';
import {systemClock} from '../../source/testing/index.ts';
import {assertHolds, collect} from '../../source/testing/store/fixtures.ts';
import {pinnedRecords} from '../helpers/stores/pinned-place.ts';
import {pinnedStores} from '../helpers/stores/pinned-stores.ts';
import {record, update} from '../helpers/stores/records.ts';

// What each store of a version wrote, as it lies in the backend. All later versions must read it, and go on with it.
// `PIN=true npx ava test/stores/pinned.ts` adds what this version writes; do that once for each version that writes
// something else than the one before.

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'test/fixtures/stores');

if (process.env['PIN'] === 'true') {
	test('pins what the stores of this version write', async t => {
		const pins: Record<string, unknown> = {};
		for (const [name, makePlace] of Object.entries(pinnedStores)) {
			const {store, prepare, capture} = await makePlace(t);
			await prepare?.();
			for (const [key, record] of Object.entries(pinnedRecords)) assert.ok(await store.create(key, record));
			pins[name] = await capture();
		}
		const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
		// `wx`: what a version wrote is never replaced.
		writeFileSync(join(folder, `${version}.json`), `${JSON.stringify(pins, undefined, '\t')}\n`, {flag: 'wx'});
		t.pass();
	});
}

const clock = systemClock();
const versions = globSync('*.json', {cwd: folder}).map(name => ({
	version: basename(name, '.json'),
	pins: Object.entries<unknown>(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
}));

for (const {version, pins} of versions) {
	for (const [name, pin] of pins) {
		test(`what version ${version} wrote is read, found, touched, replaced and deleted: ${name}`, async t => {
			const makePlace = pinnedStores[name];
			assert.ok(makePlace, 'a pinned store keeps its name');
			const {store, restore} = await makePlace(t);
			await restore(pin);

			for (const [key, pinned] of Object.entries(pinnedRecords)) {
				const version = await assertHolds(store, key, pinned, clock);
				t.is(await store.create(key, record()), undefined, 'its key is taken');
				if (pinned.subject !== undefined && store.bySubject) {
					t.deepEqual(await collect(store.bySubject(pinned.subject)), [key]);
				}
				if (store.keys) t.true((await collect(store.keys('session:'))).includes(key));

				const expiresAt = pinned.expiresAt + 60_000;
				t.true(await store.touch(key, expiresAt, version));
				assert.equal(await assertHolds(store, key, {...pinned, expiresAt}, clock), version);
				const next = await update(store, key, pinned, version);
				assert.equal(await assertHolds(store, key, pinned, clock), next);
				t.is(await store.update(key, record(), version), 'conflict');
				t.true(await store.delete(key, next));
				t.is(await store.read(key), undefined);
			}
			t.pass();
		});
	}
}

test('every store has pinned records', t => {
	const names = new Set(versions.flatMap(({pins}) => pins.map(([name]) => name)));
	t.deepEqual(
		Object.keys(pinnedStores).filter(name => !names.has(name)),
		[],
	);
});
