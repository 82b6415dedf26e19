import {link, open, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {toVersion, type Version} from '../../../source/store.ts';
import {type Entry, readEntry, write} from '../../../source/stores/filesystem/entry.ts';
import {type Slot, slotOf} from '../../../source/stores/filesystem/slot.ts';
import {moveEnd, replaceByCopy, settle} from '../../../source/stores/filesystem/swap.ts';
import {remove, renameOver} from '../../../source/stores/filesystem/system.ts';
import {drawToken, mayReplace} from '../../../source/stores/filesystem/token.ts';
import {FilesystemStore} from '../../../source/stores/filesystem.ts';
import {noVersion} from '../../helpers/stores/records.ts';
import {temporaryDirectory} from '../../helpers/stores/stores.ts';

// What a process meets while another one is between the steps of a swap, or was killed there.

const key = 'session:key';
const hour = 3_600_000;
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

const start = async (t: ExecutionContext) => {
	const directory = await temporaryDirectory(t);
	const store = new FilesystemStore({directory});
	const end = Date.now() + hour;
	const version = (await store.create(key, {bytes: Buffer.from('old'), expiresAt: end})) ?? noVersion;
	return {store, end, version, slot: slotOf(directory, key), directory};
};

/** What a writer leaves that has written its proposal and linked the claim to replace `version`. */
const claim = async (slot: Slot, version: Version, expiresAt: number, replacedEnd?: number): Promise<Version> => {
	const token = drawToken(replacedEnd);
	await write(slot.proposal(token), {token, key, bytes: Buffer.from('new'), expiresAt}, 0o600);
	await link(slot.proposal(token), slot.claim(version));
	return toVersion(token);
};

test('any number of touches that meet a claim end, and so does what comes after them', async t => {
	t.timeout(30_000);
	const {store, end, version, slot} = await start(t);
	const next = await claim(slot, version, end);
	const touches = await Promise.all(Array.from({length: 40}, (_, index) => store.touch(key, end + index, version)));
	t.false(touches.includes(true), 'the claim came first');
	t.like(await store.read(key), {version: next, expiresAt: end});
	t.true(await store.touch(key, end + hour, next));
});

test('a touch between the claim and the check of a writer that extends nothing is kept, no matter who meets the claim', async t => {
	const {store, end, version, slot, directory} = await start(t);
	t.true(await store.touch(key, end + hour, version));
	// The writer knows the end before the touch, and is about to find out.
	await claim(slot, version, end, end);
	const rival = {bytes: Buffer.from('rival'), expiresAt: end};
	t.is(await store.update(key, rival, version, end), 'conflict');
	t.is(await store.update(key, rival, version), 'conflict');
	const record = await store.read(key);
	t.like(record, {version, expiresAt: end + hour});
	t.is(text(record?.bytes), 'old');
	const names = await readdir(join(directory, slot.shard));
	t.is(names.length, 3, 'the claim is still its writer’s to settle');
});

test('a touch that comes after such a writer was killed completes its write, and counts as too late', async t => {
	const {store, end, version, slot} = await start(t);
	const next = await claim(slot, version, end, end);
	t.false(await store.touch(key, end + hour, version));
	const record = await store.read(key);
	t.like(record, {version: next, expiresAt: end});
	t.is(text(record?.bytes), 'new');
});

test('a copy that meets the claim of another one says so, so that its touch tries again', async t => {
	const {end, version, slot} = await start(t);
	const entry = (await readEntry(slot.file)) ?? t.fail();
	await link(slot.file, slot.claim(version));
	const copy = () => replaceByCopy(slot, {...(entry as Entry), expiresAt: end + hour}, 0o660);
	t.is(await copy(), 'claimed');
	await remove(slot.claim(version));
	t.true(await copy());
	t.like(await readEntry(slot.file), {token: version, expiresAt: end + hour});
});

test('a touch does not count if its file is no longer in its place, though it has another name', async t => {
	const {store, end, version, slot} = await start(t);
	const handle = await open(slot.file);
	t.teardown(() => handle.close());
	t.true(await moveEnd(slot, version, handle, end + 1));
	// The claim of the swap that made this file was not removed yet.
	await link(slot.file, slot.claim('d'.repeat(32)));
	const next = await claim(slot, version, end);
	await renameOver(slot.proposal(next), slot.file);
	t.is((await handle.stat()).nlink, 1);
	await remove(slot.claim(version));
	t.false(await moveEnd(slot, version, handle, end + hour));
	t.like(await store.read(key), {version: next});
});

for (const isReplacing of [true, false]) {
	const what = isReplacing ? 'replaces the record, and does not count' : 'leaves it, and counts';
	test(`a touch waits for a writer that may have looked before another touch: it ${what}`, async t => {
		const {store, end, version, slot} = await start(t);
		t.true(await store.touch(key, end + 1, version));
		// Whether the writer saw the end from before that touch, only it knows.
		const next = await claim(slot, version, end, end);
		let isOver = false;
		const touching = store.touch(key, end + hour, version).finally(() => {
			isOver = true;
		});
		for (let turns = 0; turns < 20; turns++) await pause(1);
		t.false(isOver);

		if (isReplacing) await renameOver(slot.proposal(next), slot.file);
		else await remove(slot.proposal(next));
		await remove(slot.claim(version));
		t.is(await touching, !isReplacing);
		t.like(await store.read(key), isReplacing ? {version: next} : {version, expiresAt: end + hour});
	});
}

test('a touch that meets a writer which was killed after another touch gives up, and says so', async t => {
	const {store, end, version, slot} = await start(t);
	t.true(await store.touch(key, end + 1, version));
	await claim(slot, version, end, end);
	await t.throwsAsync(store.touch(key, end + hour, version), {message: /^Another process is changing this session/});
	t.like(await store.read(key), {version, expiresAt: end + 1});
});

test('a touch does not count if a writer claims the file while the end moves', async t => {
	const {end, version, slot} = await start(t);
	const handle = await open(slot.file);
	t.teardown(() => handle.close());
	const claimed = Object.create(handle, {
		utimes: {
			async value(...times: [number, number]) {
				await handle.utimes(...times);
				await claim(slot, version, end, end);
			},
		},
	});
	t.is(await moveEnd(slot, version, claimed, end + hour), 'claimed');
});

test('touches that wait for a writer hold up no other session', async t => {
	const {store, end, version, slot} = await start(t);
	await store.create('session:other', {bytes: Buffer.from('other'), expiresAt: end});
	t.true(await store.touch(key, end + 1, version));
	const next = await claim(slot, version, end, end);
	let over = 0;
	const touches = Array.from({length: 40}, () => store.touch(key, end + hour, version).finally(() => over++));
	t.is(text((await store.read('session:other'))?.bytes), 'other');
	t.is(over, 0);

	await remove(slot.proposal(next));
	await remove(slot.claim(version));
	t.deepEqual(await Promise.all(touches), Array(40).fill(true));
});

test('a claim whose proposal was used up stays until its holder removes it, since it may be another one by then', async t => {
	const {version, end, slot} = await start(t);
	const next = await claim(slot, version, end);
	await remove(slot.proposal(next));
	await settle(slot, version);
	t.truthy(await readEntry(slot.claim(version)));
});

test('a token says which end the record must have that it replaces', t => {
	const end = Date.now();
	for (const [replacedEnd, ends, refused] of [
		[undefined, [0, end, 8.64e15], []],
		[end, [end, end + 0.25], [0, end - 1, end + 1, 8.64e15]],
		[0, [0, -1], [1, end]],
		[8.64e15, [8.64e15, 2 ** 48], [end]],
	] as const) {
		const token = drawToken(replacedEnd);
		t.regex(token, /^[0-9a-f]{32}$/);
		t.not(token, drawToken(replacedEnd));
		for (const each of ends) t.true(mayReplace(token, each), `${replacedEnd} ${each}`);
		for (const each of refused) t.false(mayReplace(token, each), `${replacedEnd} ${each}`);
	}
});
