import {execFile, spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {type NpmPackage, npmPackages, path, type SystemProgram, systemPrograms} from './needs.ts';

/** Finds the first of some commands that there is. */
export const find = (commands: readonly string[], folders: readonly string[] = path()): string | undefined =>
	commands.flatMap(command => folders.map(folder => join(folder, command))).find(isExecutable);

const isExecutable = (path: string): boolean => {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
};

const findProgram = ({commands, folders = path}: SystemProgram): string | undefined => find(commands, folders());

/** Finds a program; on Debian as root, installs the package that brings it if there is none. */
export const findOrInstall = (program: SystemProgram): string | undefined => {
	const found = findProgram(program);
	if (found || !canInstall()) return found;

	installFromDebian([program.debianPackage]);
	return findProgram(program);
};

const canInstall = (): boolean => existsSync('/etc/debian_version') && process.getuid?.() === 0;

/** Debian starts the servers that it installs, unless this file says no. */
const policy = '/usr/sbin/policy-rc.d';
const forbidServices = `[ -e ${policy} ] || { trap 'rm ${policy}' EXIT; printf '#!/bin/sh\\nexit 101\\n' >${policy}; chmod +x ${policy}; }`;

const installFromDebian = (packages: readonly string[]): void => {
	console.log(`Installing ${packages.join(', ')} by apt-get`);
	const sources = withBackports();
	const apt = `apt-get -qq -o Dir::Etc::sourcelist=${sources.file}`;
	const steps = `${forbidServices}; ${apt} update && ${apt} install -y --no-install-recommends "$@"`;

	// AVA's workers may all find one missing at once, and apt-get gives up where another one is at work.
	const args = ['/tmp/koa-server-session-apt.lock', 'sh', '-c', steps, 'install', ...packages];
	const {status, stdout, stderr} = spawnSync('flock', args, {
		env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'},
		encoding: 'utf8',
	});
	sources.remove();
	if (status !== 0) console.error(stdout, stderr);
};

/** Debian 12 has Valkey only in its backports. apt takes from there what it finds nowhere else. */
const withBackports = (): {readonly file: string; remove(): void} => {
	const listed = '/etc/apt/sources.list';
	if (!readFileSync('/etc/os-release', 'utf8').includes('VERSION_CODENAME=bookworm'))
		return {file: listed, remove: () => {}};

	const folder = mkdtempSync(join(tmpdir(), 'koa-server-session-apt-'));
	const file = join(folder, 'sources.list');
	const own = existsSync(listed) ? readFileSync(listed, 'utf8') : '';
	writeFileSync(file, `${own}\ndeb http://deb.debian.org/debian bookworm-backports main\n`);
	return {file, remove: () => rmSync(folder, {recursive: true})};
};

/** Not beside the other packages, from where `npm ci` would take it each time. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'koa-server-session');

const projectOf = ({name, version}: NpmPackage): string => join(cache, `${name}@${version}`);

/** Installs a package from npm, and gives its folder; `undefined` where npm fails. None of its scripts runs. */
export const installFromNpm = async (wanted: NpmPackage): Promise<string | undefined> => {
	const project = projectOf(wanted);
	const folder = join(project, 'node_modules', wanted.name);
	if (existsSync(project)) return folder;

	// Complete before it is found, and once, though many may want it.
	const steps =
		'[ -e "$2" ] || { rm -rf "$2.new" && npm install --silent --ignore-scripts --no-save --prefix "$2.new" "$1" && mv "$2.new" "$2"; }';
	console.log(`Installing ${wanted.name}@${wanted.version} from npm`);
	mkdirSync(dirname(project), {recursive: true});
	const args = [`${project}.lock`, 'sh', '-c', steps, 'install', `${wanted.name}@${wanted.version}`, project];
	try {
		await promisify(execFile)('flock', args);
		return folder;
	} catch (error) {
		console.error(error);
		return undefined;
	}
};

const isMissing = (wanted: NpmPackage): boolean => {
	const {command, platform} = wanted.standsInFor ?? {};
	if (command && (find([command]) || platform !== `${process.platform}-${process.arch}`)) return false;
	return !existsSync(projectOf(wanted));
};

/** What tests look for and don't find, as far as it can be installed here. */
export const findMissing = (): {readonly fromDebian: string[]; readonly fromNpm: NpmPackage[]} => ({
	fromDebian: Object.values<SystemProgram>(systemPrograms)
		.filter(program => canInstall() && !findProgram(program))
		.map(({debianPackage}) => debianPackage),
	fromNpm: Object.values<NpmPackage>(npmPackages).filter(isMissing),
});

/**
Says what is missing, then installs it.

Returns when the programs of the system are there. Packages of npm are still on their way: `installFromNpm()` waits for them.
*/
export const installMissing = (): void => {
	const {fromDebian, fromNpm} = findMissing();
	const names = fromNpm.map(({name, version}) => `${name}@${version}`);
	if (fromDebian.length > 0) console.log(`About to install by apt-get: ${fromDebian.join(', ')}`);
	if (names.length > 0) console.log(`About to install from npm, into ${cache}: ${names.join(', ')}`);

	for (const wanted of fromNpm) void installFromNpm(wanted);
	if (fromDebian.length > 0) installFromDebian(fromDebian);
};
