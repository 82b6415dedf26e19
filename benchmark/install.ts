import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';

/** Installs what a folder below this one needs, and nobody else does. */
const install = (name: string): void => {
	const folder = join(import.meta.dirname, name);
	if (existsSync(join(folder, 'node_modules'))) return;
	execFileSync('npm', ['ci', '--prefix', folder, '--legacy-peer-deps'], {stdio: ['ignore', 'ignore', 'inherit']});
};

/** Installs the rivals. */
export const installRivals = (): void => install('rivals');
