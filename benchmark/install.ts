import {execFileSync} from 'node:child_process';
import {statSync} from 'node:fs';
import {join} from 'node:path';

/** Installs what a folder below this one needs, and nobody else does. */
const install = (name: string): void => {
	const folder = join(import.meta.dirname, name);
	if (isInstalled(folder)) return;
	execFileSync('npm', ['ci', '--prefix', folder, '--legacy-peer-deps'], {stdio: ['ignore', 'ignore', 'inherit']});
};

/** Whether what npm noted is there, and no older than what was asked for. */
const isInstalled = (folder: string): boolean => {
	const madeAt = (file: string) => statSync(join(folder, file), {throwIfNoEntry: false})?.mtimeMs ?? 0;
	return madeAt('node_modules/.package-lock.json') >= madeAt('package-lock.json');
};

/** Installs the rivals, and the other Node. */
export const installRivals = (): void => install('rivals');

/** Installs what draws the charts. */
export const installReport = (): void => install('report');

/** Where a Node is: that of the root's lock file, or the rivals'. */
export const nodePath = (major: '24' | '26'): string =>
	process.version.startsWith(`v${major}.`)
		? process.execPath
		: join(import.meta.dirname, major === '24' ? '../node_modules/node' : 'rivals/node_modules/node-26', 'bin/node');
