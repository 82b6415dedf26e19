import {appendFile, link, readdir, readFile, rm, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {toVersion, type UpdateResult} from '../../source/store.ts';
import {write} from '../../source/stores/filesystem/entry.ts';
import {slotOf} from '../../source/stores/filesystem/slot.ts';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {open} from '../../source/stores/open.ts';
import {handleOf} from '../../source/tokens/identifier.ts';
import {startApp} from '../helpers/http/app.ts';
import {incrementUnderKills} from '../helpers/processes/increments.ts';
import {runs} from '../helpers/runs.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {noVersion} from '../helpers/stores/records.ts';
import {storesUnderTest, temporaryDirectory} from '../helpers/stores/stores.ts';

// What a process that was killed, or a machine without power, leaves behind.

/** Stores that are in the process itself, and so can be cut off within a write. Of the others, a connection ends. */
const embedded = new Set(['filesystem', 'sqlite']);

for (const {name, url} of storesUnderTest) {
	if (!url) continue;
	// One after the other: so many processes at once would leave none of them time.
	test.serial(
		`${name}: processes that count together, killed again and again, lose nothing that they acknowledged`,
		async t => {
			const where = await url(t);
			const key = `counter:${crypto.randomUUID()}`;
			const store = await open(where);
			t.teardown(() => store.close?.());
			await store.create(key, {bytes: Buffer.from('0'), expiresAt: Date.now() + 600_000});

			const {acknowledged, errors, kills} = await incrementUnderKills(
				where,
				key,
				embedded.has(name) ? runs(6, 50) : runs(2, 12),
			);
			const final = Number(Buffer.from((await store.read(key))?.bytes ?? []).toString());
			t.log(`${acknowledged.length} acknowledged, ${final} stored, ${kills} kills`);
			t.deepEqual(errors, []);
			t.is(new Set(acknowledged).size, acknowledged.length, 'no number was acknowledged twice');
			t.true(final >= Math.max(...acknowledged));
			t.true(final - acknowledged.length <= kills, 'each kill may hide one write that it came after');
		},
	);
}

/** A session of an application on files, and the one file that holds it. */
const start = async (t: ExecutionContext) => {
	const directory = await temporaryDirectory(t);
	const store = new FilesystemStore({directory});
	const {client} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
		ctx.body = JSON.stringify(ctx.session);
	});
	const visitor = client();
	t.is((await visitor.get('/write')).status, 200);

	const [shard = ''] = await readdir(directory);
	const [name = ''] = (await readdir(join(directory, shard))).filter(each => !each.startsWith('.'));
	const file = join(directory, shard, name);
	return {store, visitor, file, whole: await readFile(file), times: await stat(file)};
};

test('a session file cut off at any length counts as none, and fails no request', async t => {
	const {visitor, file, whole, times} = await start(t);
	for (let length = 0; length < whole.length; length++) {
		await writeFile(file, whole.subarray(0, length));
		await utimes(file, times.atime, times.mtime);
		const {status, body} = await visitor.fork().get('/');
		t.deepEqual({status, body}, {status: 200, body: '{}'}, `${length} bytes`);
	}

	await writeFile(file, whole);
	await utimes(file, times.atime, times.mtime);
	t.is((await visitor.get('/')).body, '{"views":1}', 'it was the cut');
});

/** What may lie in the place of a session file. */
const wrecks: Readonly<Record<string, (file: string, whole: Buffer) => Promise<void>>> = {
	'an empty file': file => writeFile(file, ''),
	'half of a file': (file, whole) => writeFile(file, whole.subarray(0, whole.length / 2)),
	zeros: (file, whole) => writeFile(file, Buffer.alloc(whole.length)),
	noise: (file, whole) => writeFile(file, Buffer.from(whole.map((byte, index) => byte ^ (index * 31)))),
	'a file with more at its end': file => appendFile(file, 'more'),
	'a link that leads nowhere': async file => {
		await rm(file);
		await symlink('nowhere', file);
	},
};

for (const [what, wreck] of Object.entries(wrecks)) {
	test(`${what} counts as none, and its key can be used again`, async t => {
		const {visitor, store, file, whole, times} = await start(t);
		await wreck(file, whole);
		await utimes(file, times.atime, times.mtime).catch(() => undefined);

		const [id = ''] = (visitor.cookies.get('sid') ?? '').split('.');
		t.like(await visitor.fork().get('/'), {status: 200, body: '{}'});
		t.like(await visitor.get('/write'), {status: 200, body: '{"views":1}'}, 'another session begins');

		const key = `session:${handleOf(id)}`;
		const record = {bytes: Buffer.from('again'), expiresAt: Date.now() + 60_000};
		t.is(await store.update(key, record, toVersion('0'.repeat(32))), 'missing');
		await store.delete(key);
		t.is(typeof (await store.create(key, record)), 'string');
		t.is(String((await store.read(key))?.bytes), 'again');
	});
}

/** What a writer that was killed may leave beside a session file, by names and contents of its own. */
const leftovers: Readonly<Record<string, (proposal: string, claim: string) => Promise<void>>> = {
	'a proposal': async () => {},
	'half of a proposal': async proposal => writeFile(proposal, (await readFile(proposal)).subarray(0, 40)),
	'a claim of a proposal': (proposal, claim) => link(proposal, claim),
	'a claim whose proposal was used up': async (proposal, claim) => {
		await link(proposal, claim);
		await rm(proposal);
	},
	'a claim that the disk never got': (_proposal, claim) => writeFile(claim, ''),
	'a claim of half a proposal': async (proposal, claim) => {
		await writeFile(proposal, (await readFile(proposal)).subarray(0, 40));
		await link(proposal, claim);
	},
};

for (const [what, leave] of Object.entries(leftovers)) {
	test.serial(`${what} that a killed writer left is in nobody's way`, async t => {
		const clock = fakeClock(t);
		const directory = await temporaryDirectory(t);
		const store = new FilesystemStore({directory});
		const expiresAt = Date.now() + 60_000;
		const version = (await store.create('key', {bytes: Buffer.from('old'), expiresAt})) ?? noVersion;

		const slot = slotOf(directory, 'key');
		const token = 'f'.repeat(32);
		await write(slot.proposal(token), {token, key: 'key', bytes: Buffer.from('theirs'), expiresAt}, 0o600);
		await leave(slot.proposal(token), slot.claim(version));
		// A writer that lives removes the claim of a proposal that it has used up. After this long, it was killed.
		await clock.advance(20_000);

		// As a request does: reads, writes, and reads again after a conflict.
		let tries = 0;
		for (let result: UpdateResult = 'conflict'; result === 'conflict'; tries++) {
			const stored = await store.read('key');
			t.true(['old', 'theirs'].includes(String(stored?.bytes)), 'the old state or the new one, and never half');
			result = await store.update('key', {bytes: Buffer.from('new'), expiresAt}, stored?.version ?? noVersion);
			t.not(result, 'missing');
		}

		t.true(tries <= 2);
		t.is(String((await store.read('key'))?.bytes), 'new');
		await store.delete('key');
		t.is(await store.read('key'), undefined);
	});
}
