import {execFile, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {Client} from '../helpers/http/app.ts';
import {startCountingApp} from '../helpers/processes/counting-apps.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import {find} from '../services/install.ts';

// Rule 19 for files: a disk that is full, one that is read-only, and a write that the system breaks off half-way.

const run = promisify(execFile);

/** Mounts a small disk in memory; `undefined` where that isn't allowed. */
const mount = (): string | undefined => {
	const directory = mkdtempSync(join(tmpdir(), 'koa-server-session-'));
	if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'tmpfs', directory]).status === 0)
		return directory;
	rmSync(directory, {recursive: true});
	return undefined;
};

const unmount = (directory: string): void => {
	spawnSync('umount', ['--lazy', directory]);
	rmSync(directory, {recursive: true});
};

// Only root may mount, and not in every container; and Debian has `prlimit`, other systems don't. Each test says the same of
// a disk in another way, and one that can't run shows as skipped.
const probe = mount();
if (probe) unmount(probe);
const whereMountable = probe ? test : test.skip;
const whereLimitable = find(['prlimit']) ? test : test.skip;

const mountFor = (t: ExecutionContext): string => {
	const directory = mount();
	if (!directory) throw new Error('Expected to mount a disk in memory, as a moment ago');
	t.teardown(() => unmount(directory));
	return directory;
};

type Fault = {readonly directory: string; readonly port: number; begin(): Promise<unknown>; end(): Promise<unknown>};

/** The names of all files below a directory. */
const filesIn = async (directory: string): Promise<string[]> => {
	const entries = await readdir(directory, {recursive: true, withFileTypes: true});
	return entries.filter(entry => entry.isFile()).map(({name}) => name);
};

/** Writes fail and change nothing, reads go on, and when the fault is over everything works again. */
const survives = async (t: ExecutionContext, {directory, port, begin, end}: Fault): Promise<void> => {
	const visitor = new Client(port);
	await visitor.get('/write');
	await visitor.get('/update');
	const before = await filesIn(directory);

	await begin();
	const large = `/write?value=${'x'.repeat(2000)}`;
	for (const path of [large, '/update', '/end', large]) {
		t.like(await visitor.get(path), {status: 503, setCookie: []}, path);
		t.like(await visitor.get('/'), {status: 200, body: '1'});
		t.like(await new Client(port).get(large), {status: 503, setCookie: []});
	}

	await end();
	t.deepEqual(await filesIn(directory), before, 'nothing is left half-written');
	t.is((await visitor.get('/update')).status, 200);
	t.is((await visitor.get(large)).status, 200);
	t.is((await visitor.get('/')).body, '2');

	const newcomer = new Client(port);
	await newcomer.get('/update');
	t.is((await newcomer.get('/')).body, '1');
	t.is((await visitor.get('/end')).status, 200);
	t.is((await visitor.get('/')).body, '0');
};

whereMountable('a full disk (a tmpfs, mounted as root)', async t => {
	const mounted = mountFor(t);
	const directory = join(mounted, 'sessions');
	const {port} = await startCountingApp(t, `file:${directory}`);
	const ballast = join(mounted, 'ballast');

	await survives(t, {
		directory,
		port,
		async begin() {
			await t.throwsAsync(writeFile(ballast, Buffer.alloc(2 ** 20)), {code: 'ENOSPC'});
		},
		end: () => rm(ballast),
	});
});

whereMountable('a disk that is read-only (a tmpfs, mounted as root)', async t => {
	const directory = mountFor(t);
	const {port} = await startCountingApp(t, `file:${directory}`);
	await survives(t, {
		directory,
		port,
		begin: () => run('mount', ['-o', 'remount,ro', directory]),
		end: () => run('mount', ['-o', 'remount,rw', directory]),
	});
});

whereMountable('a read-only disk on which there is no directory yet says so (a tmpfs, mounted as root)', async t => {
	const mounted = mountFor(t);
	await run('mount', ['-o', 'remount,ro', mounted]);
	const record = {bytes: Buffer.from('data'), expiresAt: Date.now() + 60_000};
	for (const directory of [join(mounted, 'sessions'), join(mounted, 'var', 'sessions')]) {
		await t.throwsAsync(new FilesystemStore({directory}).create('key', record), {code: 'EROFS'});
	}
});

// Needs no rights, and is what remains of the two above where nothing can be mounted.
whereLimitable('a write that the system breaks off after 16 bytes', async t => {
	const directory = await temporaryDirectory(t);
	const {port, pid} = await startCountingApp(t, `file:${directory}`);
	await survives(t, {
		directory,
		port,
		begin: () => run('prlimit', ['--pid', String(pid), '--fsize=16:unlimited']),
		end: () => run('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited']),
	});
});
