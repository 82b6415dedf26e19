import {execFile} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

/** npm tells its scripts about the package that they belong to, which is not the one in a project of a test. */
export const withoutNpm = Object.fromEntries(
	Object.entries(process.env).filter(
		([name]) => !/^npm_(?:package|lifecycle|config_local_prefix)|^INIT_CWD$/.test(name),
	),
);

/** What `npm publish` would send: packed by this run already, or now, into a folder. */
export const pack = async (folder: string): Promise<string> => {
	const packed = process.env['TEST_TARBALL'];
	if (packed) return packed;

	const {stdout} = await run('npm', ['pack', '--silent', '--pack-destination', folder], {
		cwd: join(import.meta.dirname, '../../..'),
		env: withoutNpm,
	});
	return join(folder, stdout.trim());
};

/** Puts the package as it is published into a project's `node_modules`. What it needs must be there. */
export const unpackInto = async (modules: string, folder: string): Promise<void> => {
	const target = join(modules, 'koa-server-session');
	await mkdir(target, {recursive: true});
	await run('tar', ['--extract', '--strip-components=1', '--file', await pack(folder), '--directory', target]);
};
