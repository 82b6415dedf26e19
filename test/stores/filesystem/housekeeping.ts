import {existsSync} from 'node:fs';
import {link, readdir, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Housekeeper} from '../../../source/stores/filesystem/housekeeper.ts';
import {Shards} from '../../../source/stores/filesystem/shards.ts';
import {FilesystemStore} from '../../../source/stores/filesystem.ts';
import {fakeClock} from '../../helpers/stores/conforms.ts';
import {noVersion} from '../../helpers/stores/records.ts';
import {temporaryDirectory} from '../../helpers/stores/stores.ts';

// Some fake time, which is the whole process's, so these tests are serial.

const hour = 3_600_000;
const minute = 60_000;

const filesIn = async (directory: string): Promise<string[]> => {
	const entries = await readdir(directory, {recursive: true, withFileTypes: true});
	return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
};

const fill = async (store: FilesystemStore, prefix: string, count: number, expiresAt: number) => {
	const keys = Array.from({length: count}, (_, index) => `${prefix}${index}`);
	await Promise.all(keys.map(key => store.create(key, {bytes: Buffer.from('data'), expiresAt})));
	return keys;
};

/** Lets sessions end, as time would. */
const end = (store: FilesystemStore, keys: readonly string[]) =>
	Promise.all(keys.map(async key => store.touch(key, Date.now() - 1, (await store.read(key))?.version ?? noVersion)));

const openStore = async (t: ExecutionContext, pruneEvery: number) => {
	const directory = await temporaryDirectory(t);
	return {directory, store: new FilesystemStore({directory, pruneEvery})};
};

test.serial('new sessions make room for themselves, and no live one goes', async t => {
	const {directory, store} = await openStore(t, 10);
	const ended = await fill(store, 'ended', 600, Date.now() + hour);
	const live = await fill(store, 'live', 200, Date.now() + hour);
	await end(store, ended);

	for (let created = 0; created < 400; created++) await fill(store, `new${created}-`, 1, Date.now() + hour);
	const left = (await filesIn(directory)).length;
	t.true(left < 1100, `${left} files are left of 1,200`);
	for (const key of live) t.truthy(await store.read(key), key);
});

test.serial('with `pruneEvery: 0` only `prune()` deletes', async t => {
	const {directory, store} = await openStore(t, 0);
	await end(store, await fill(store, 'ended', 300, Date.now() + hour));
	await fill(store, 'new', 300, Date.now() + hour);
	t.is((await filesIn(directory)).length, 600);

	t.is(await store.prune(100), 100);
	t.is(await store.prune(1000), 200);
	t.is((await filesIn(directory)).length, 300);
});

test.serial('a sweep looks at a few files of many, and the next one at others', async t => {
	const {directory, store} = await openStore(t, 0);
	await end(store, await fill(store, 'ended', 300, Date.now() + hour));
	const housekeeper = new Housekeeper(new Shards(directory, 0o600));
	for (let left = 300; left > 0; ) {
		const deleted = await housekeeper.prune(300, 50);
		t.true(deleted >= Math.min(left, 50) && deleted < 70, `${deleted} of ${left}`);
		left -= deleted;
	}
});

test.serial('a shard that the system refuses to list holds up no other', async t => {
	const {directory, store} = await openStore(t, 0);
	await end(store, await fill(store, 'ended', 300, Date.now() + hour));
	const refused = basename(dirname((await filesIn(directory))[0] ?? ''));
	const shards = new (class extends Shards {
		override async list(shard: string) {
			if (shard === refused) throw new Error('EACCES');
			return super.list(shard);
		}
	})(directory, 0o600);
	const housekeeper = new Housekeeper(shards);
	await t.throwsAsync(housekeeper.prune(300), {message: 'EACCES'});
	await t.throwsAsync(housekeeper.prune(300), {message: 'EACCES'});
	const left = (await filesIn(directory)).map(file => basename(dirname(file)));
	t.deepEqual([...new Set(left)], [refused]);
});

/** What a writer leaves that is killed between two steps: its proposal, and the claim that leads to it. */
const leave = async (file: string, token: string, claimed?: string): Promise<string[]> => {
	const place = (kind: string, token: string) => join(dirname(file), `.${kind}.${basename(file)}.${token}`);
	const proposal = place('p', token);
	await writeFile(proposal, 'half', {mode: 0o600});
	if (claimed === undefined) return [proposal];
	await link(proposal, place('c', claimed));
	return [proposal, place('c', claimed)];
};

test.serial('what a killed writer left is removed after minutes, and not before', async t => {
	const {directory, store} = await openStore(t, 0);
	const clock = fakeClock(t);
	const version = (await store.create('key', {bytes: Buffer.from('data'), expiresAt: clock.now() + hour})) ?? noVersion;
	const [file = ''] = await filesIn(directory);
	const left = [
		...(await leave(file, 'a'.repeat(32))),
		...(await leave(file, 'b'.repeat(32), 'c'.repeat(32))),
		...(await leave(file, 'd'.repeat(32), version)),
	];

	await store.prune(1000);
	t.true(left.slice(0, 2).every(existsSync), 'a writer may be at it');
	await clock.advance(6 * minute);
	await store.prune(1000);
	await store.prune(1000);
	t.deepEqual(await filesIn(directory), [file]);
	t.is((await store.read('key'))?.bytes.toString(), 'data');
});

test.serial(
	'a half-written proposal never becomes the session, and holds nobody up for longer than minutes',
	async t => {
		const {directory, store} = await openStore(t, 0);
		const clock = fakeClock(t);
		const version =
			(await store.create('key', {bytes: Buffer.from('old'), expiresAt: clock.now() + hour})) ?? noVersion;
		const [file = ''] = await filesIn(directory);
		await leave(file, 'd'.repeat(32), version);

		const next = {bytes: Buffer.from('new'), expiresAt: clock.now() + hour};
		await store.update('key', next, version).catch(() => 'busy');
		const read = await store.read('key');
		t.true(['old', 'new'].includes(String(read?.bytes)));
		await clock.advance(6 * minute);
		for (let tries = 0; tries < 3; tries++) {
			const current = await store.read('key');
			if (String(current?.bytes) !== 'new') await store.update('key', next, current?.version ?? noVersion);
		}

		t.is((await store.read('key'))?.bytes.toString(), 'new');
	},
);
