import {execFile} from 'node:child_process';
import {
	chmod,
	chown,
	copyFile,
	lstat,
	mkdir,
	readdir,
	readFile,
	rename,
	rm,
	symlink,
	truncate,
	utimes,
	writeFile,
} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import type {SessionRecord} from '../../../source/store.ts';
import {FilesystemStore, type FilesystemStoreOptions} from '../../../source/stores/filesystem.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {noVersion} from '../../helpers/stores/records.ts';
import {temporaryDirectory} from '../../helpers/stores/stores.ts';
import {find} from '../../services/install.ts';

const run = promisify(execFile);

// What lies in the directory, and what happens to those who meddle with it.

const inAnHour = (): number => Date.now() + 3_600_000;
const record = (text = 'data'): SessionRecord => ({bytes: Buffer.from(text), expiresAt: inAnHour()});

const openStore = async (t: ExecutionContext, options: FilesystemStoreOptions = {}) => {
	const directory = join(await temporaryDirectory(t), 'sessions');
	return {directory, store: new FilesystemStore({directory, ...options})};
};

/** Lets a directory belong to another user: in truth if we are root, else by taking ourselves for another. */
const giveAway = async (t: ExecutionContext, directory: string): Promise<void> => {
	if (process.getuid?.() === 0) return chown(directory, 65_534, 65_534);
	const {getuid} = process;
	process.getuid = () => 65_534;
	t.teardown(() => Object.assign(process, {getuid}));
};

for (const [what, squat] of Object.entries({
	'that another user made first, where all may make one': async (t: ExecutionContext, directory: string) => {
		await chmod(dirname(directory), 0o1777);
		await giveAway(t, directory);
	},
	'that every user may write to': (_t: ExecutionContext, directory: string) => chmod(directory, 0o777),
})) {
	test.serial(`a directory ${what} is refused, and nothing is written to it or read from it`, async t => {
		const {directory, store} = await openStore(t);
		const version = (await store.create('key', record())) ?? noVersion;
		const before = await filesIn(directory);
		await squat(t, directory);

		const late = new FilesystemStore({directory});
		const message = /^(?:The directory of the sessions belongs to another user|Every user may write to)/;
		for (const call of [
			() => late.create('other', record()),
			() => late.read('key'),
			() => late.update('key', record(), version),
			() => late.touch('key', inAnHour(), version),
			() => late.delete('key'),
			() => late.prune(10),
			() => keysOf(late.bySubject('ann')),
		])
			await t.throwsAsync(call, {message});
		t.deepEqual(await filesIn(directory), before);
	});
}

test('a directory of another user can be used if the files are shared with their group', async t => {
	const {directory, store} = await openStore(t, {mode: 0o660});
	await store.create('key', record());
	await giveAway(t, directory);
	t.truthy(await new FilesystemStore({directory, mode: 0o660}).read('key'));
});

/** Paths of all files below a directory. */
const filesIn = async (directory: string): Promise<string[]> => {
	const entries = await readdir(directory, {recursive: true, withFileTypes: true});
	return entries.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name));
};

const onlyFile = async (t: ExecutionContext, directory: string): Promise<string> => {
	const files = await filesIn(directory);
	t.is(files.length, 1);
	return files[0] ?? '';
};

const permissions = async (path: string): Promise<string> => ((await lstat(path)).mode & 0o777).toString(8);

test('a key is a hashed name in a shard of two characters, and nothing else lies there', async t => {
	const {directory, store} = await openStore(t);
	await store.create('../../session:key', record());
	const file = await onlyFile(t, directory);
	t.regex(file.slice(directory.length), /^\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/);
	t.is((await store.read('../../session:key'))?.bytes.toString(), 'data');
});

for (const [mode, file, folder] of [
	[undefined, '600', '700'],
	[0o640, '640', '750'],
	[0o666, '666', '777'],
] as const) {
	test(`files have permissions ${file}, and directories ${folder}`, async t => {
		const {directory, store} = await openStore(t, mode === undefined ? {} : {mode});
		const version = (await store.create('key', record())) ?? noVersion;
		await store.update('key', record('more'), version);
		const path = await onlyFile(t, directory);
		t.is(await permissions(path), file);
		t.is(await permissions(dirname(path)), folder);
		t.is(await permissions(directory), folder);
	});
}

test('the directory is made when the first session is stored, and again if somebody deletes it', async t => {
	const {directory, store} = await openStore(t);
	t.is(await store.read('key'), undefined);
	await t.throwsAsync(lstat(directory), {code: 'ENOENT'});

	await store.create('key', record());
	await rm(directory, {recursive: true});
	t.is(await store.read('key'), undefined);
	t.truthy(await store.create('key', record()));
	t.is((await store.read('key'))?.bytes.toString(), 'data');
});

test('a symbolic link in the place of a session is no session, and what it leads to stays as it is', async t => {
	const {directory, store} = await openStore(t);
	const version = (await store.create('key', record())) ?? noVersion;
	const file = await onlyFile(t, directory);
	const elsewhere = join(dirname(directory), 'elsewhere');
	await rename(file, elsewhere);
	await symlink(elsewhere, file);
	const before = await readFile(elsewhere);

	t.is(await store.read('key'), undefined);
	t.is(await store.update('key', record('more'), version), 'missing');
	t.false(await store.touch('key', inAnHour() * 2, version));
	t.false(await store.delete('key'));
	t.truthy(await store.create('key', record('new')));
	t.deepEqual(await readFile(elsewhere), before);
	t.is((await store.read('key'))?.bytes.toString(), 'new');
});

test('a symbolic link in the place of a shard is a fault, and nothing is written through it', async t => {
	const {directory, store} = await openStore(t);
	await store.create('key', record());
	const shard = dirname(await onlyFile(t, directory));
	const elsewhere = join(dirname(directory), 'elsewhere');
	await mkdir(elsewhere);
	await rm(shard, {recursive: true});
	await symlink(elsewhere, shard);

	const fresh = new FilesystemStore({directory});
	const error = await t.throwsAsync(fresh.create('key', record()), {message: /Remove what is there/});
	t.false(error?.message.includes('key'));
	t.deepEqual(await readdir(elsewhere), []);
});

test('a file cut off at any place, or damaged in any byte, is no session, and its key can be used again', async t => {
	const {directory, store} = await openStore(t);
	await store.create('key', record());
	const file = await onlyFile(t, directory);
	const whole = await readFile(file);

	const restore = async (bytes: Buffer) => {
		await writeFile(file, bytes);
		await utimes(file, inAnHour() / 1000, inAnHour() / 1000);
	};
	for (let length = 0; length < whole.length; length++) {
		await restore(whole);
		await truncate(file, length);
		t.is(await store.read('key'), undefined, `cut off after ${length} bytes`);
	}

	for (let place = 0; place < whole.length; place++) {
		const damaged = Buffer.from(whole);
		damaged[place] = (damaged[place] ?? 0) ^ 1;
		await restore(damaged);
		t.is(await store.read('key'), undefined, `byte ${place} damaged`);
	}

	t.truthy(await store.create('key', record('new')));
	t.is((await store.read('key'))?.bytes.toString(), 'new');
});

test('a copy under another name is no session of any key, nor listed for its subject', async t => {
	const {directory, store} = await openStore(t);
	await store.create('key', {...record(), subject: 'ada'});
	const original = await onlyFile(t, directory);
	await store.create('other', record());
	const other = (await filesIn(directory)).find(file => file !== original) ?? '';
	await copyFile(original, other);

	t.is(await store.read('other'), undefined);
	t.deepEqual(await keysOf(store.bySubject('ada')), ['key']);
});

test('files of others in the directory are left alone', async t => {
	const {directory, store} = await openStore(t);
	await store.create('key', record());
	const shard = dirname(await onlyFile(t, directory));
	const foreign = [join(directory, 'README'), join(shard, 'note'), join(shard, '.gitkeep')];
	for (const file of foreign) await writeFile(file, 'mine');
	t.is(await store.prune(1000), 0);
	for (const file of foreign) t.is(await readFile(file, 'utf8'), 'mine');
});

test('what the system refuses is a fault with its code, and nobody else is hurt', async t => {
	const {directory, store} = await openStore(t);
	await store.create('key', record());
	const file = await onlyFile(t, directory);
	await rm(file);
	await mkdir(file);
	t.is(await store.read('key'), undefined, 'a directory in the place of a session');

	const blocked = join(dirname(directory), 'blocked');
	await writeFile(blocked, '');
	await t.throwsAsync(new FilesystemStore({directory: blocked}).create('key', record()), {code: 'ENOTDIR'});
	await t.throwsAsync(new FilesystemStore({directory: blocked}).read('key'), {code: 'ENOTDIR'});
});

const runProcess = async (
	file: string,
	[command = '', ...given]: readonly string[],
	directory: string,
	user: object = {},
) => {
	const script = new URL(`../../helpers/processes/${file}`, import.meta.url).pathname;
	const {stdout} = await run(command, [...given, script, directory], {timeout: 60_000, ...user});
	return JSON.parse(stdout);
};

const whereLimitable = find(['prlimit']) ? test : test.skip;

whereLimitable('a process that may open few files waits for its turn, and for others to close theirs', async t => {
	const {directory} = await openStore(t);
	const command = ['prlimit', '--nofile=48:48', process.execPath];
	t.deepEqual(await runProcess('few-files.ts', command, directory), {
		...{created: 200, read: 200, walked: 200},
		...{late: 4, updated: 'object', refused: 'EMFILE'},
	});
});

// Only root may run a process as another user.
const whereRoot = process.getuid?.() === 0 ? test : test.skip;
const nobody = 65_534;

whereRoot('with mode 660, a process of another user extends sessions too', async t => {
	const {directory, store} = await openStore(t, {mode: 0o660});
	await store.create('key', record());
	await chmod(dirname(directory), 0o755);
	for (const path of [directory, dirname(await onlyFile(t, directory)), await onlyFile(t, directory)]) {
		await chown(path, 0, nobody);
	}

	const user = {uid: nobody, gid: nobody};
	t.deepEqual(await runProcess('other-user.ts', [process.execPath], directory, user), {
		...{touched: true, isExtended: true, isSameVersion: true},
		...{stale: false, updated: 'object'},
	});
	t.is((await store.read('key'))?.bytes.toString(), 'more');
	t.is((await filesIn(directory)).length, 1, 'nothing is left over');
	t.true(await store.delete('key'));
});

test('directories above are made too, and where none can be made there is an error', async t => {
	const above = await temporaryDirectory(t);
	const directory = join(above, 'a', 'b', 'c');
	t.truthy(await new FilesystemStore({directory}).create('key', record()));
	if (process.platform !== 'linux') return;
	await t.throwsAsync(new FilesystemStore({directory: '/proc/none/sessions'}).create('key', record()), {
		code: 'ENOENT',
	});
});
