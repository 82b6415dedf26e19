import assert from 'node:assert/strict';
import {globSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import test from 'ava';
import {open} from '../../source/codec.ts';
import {context, pinnedCodecs} from '../helpers/codecs/pinned-codecs.ts';

// `node test/helpers/codecs/pin.ts` writes the fixtures, once for each version whose records differ from those before.

const folder = join(import.meta.dirname, '../fixtures/codecs');
const names = globSync('*.json', {cwd: folder}).toSorted((one, other) =>
	one.localeCompare(other, 'en', {numeric: true}),
);
const versions = names.map(name => ({
	version: basename(name, '.json'),
	records: Object.entries<string>(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
}));

for (const {version, records} of versions)
	for (const [name, base64] of records)
		test(`what version ${version} stored is read, and can be written again: ${name}`, t => {
			const pinned = pinnedCodecs[name];
			assert.ok(pinned, 'a pinned codec keeps its name');
			const {codec, session} = pinned;
			const stored = Buffer.from(base64, 'base64');

			const passage = open(codec, stored, context);
			t.notThrows(() => assert.deepStrictEqual(passage.session, session));
			const kept = passage.close({...session, data: {...session.data, added: 1}});
			const again = open(codec, kept, context);
			again.abort();
			t.notThrows(() => assert.deepStrictEqual(again.session?.data, {...session.data, added: 1}));
		});

test('every codec has a pinned record', t => {
	const names = new Set(versions.flatMap(({records}) => records.map(([name]) => name)));
	t.deepEqual(
		Object.keys(pinnedCodecs).filter(name => !names.has(name)),
		[],
	);
});

test('what this version writes without chance is what it wrote when it was pinned', t => {
	const latest = new Map(versions.flatMap(({records}) => records));
	for (const [name, {codec, session}] of Object.entries(pinnedCodecs)) {
		// Encryption draws a nonce, and a newer zlib may pack the same bytes in another way.
		if (/encrypt|deflate-raw|brotli|zstd/.test(name)) continue;
		const stored = open(codec, undefined, context).close(session);
		t.is(Buffer.from(stored ?? []).toString('base64'), latest.get(name) ?? '', name);
	}
});
