import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync, mkdirSync} from 'node:fs';
import {delimiter, dirname, join} from 'node:path';

/** The folders of the PATH. */
export const path = (): string[] => (process.env['PATH'] ?? '').split(delimiter);

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

/** Finds a command; where that fails on Debian as root, installs the package that brings it. */
export const findOrInstall = (
	commands: readonly string[],
	debianPackage: string,
	folders: () => readonly string[] = path,
): string | undefined => {
	const found = find(commands, folders());
	if (found || !existsSync('/etc/debian_version') || process.getuid?.() !== 0) return found;

	install(debianPackage);
	return find(commands, folders());
};

/** Debian starts the servers that it installs, unless this file says no. */
const policy = '/usr/sbin/policy-rc.d';
const forbidServices = `[ -e ${policy} ] || { trap 'rm ${policy}' EXIT; printf '#!/bin/sh\\nexit 101\\n' >${policy}; chmod +x ${policy}; }`;

const install = (debianPackage: string): void => {
	console.log(`Installing Debian's ${debianPackage} for the tests`);
	const steps = `${forbidServices}; apt-get update -qq && apt-get install -qq -y --no-install-recommends ${debianPackage}`;

	// AVA's workers may all find it missing at once, and apt-get gives up where another one is at work.
	const {status, stdout, stderr} = spawnSync('flock', ['/tmp/koa-server-session-apt.lock', 'sh', '-c', steps], {
		env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'},
		encoding: 'utf8',
	});
	if (status !== 0) console.error(stdout, stderr);
};

/**
Installs an npm package that our own manifest can't name: it isn't for every platform, or npm would compile it.

Gives its folder, in a cache beside the other packages; `undefined` where npm fails. None of its scripts runs.
*/
export const installFromNpm = ({name, version}: {readonly name: string; readonly version: string}) => {
	const project = join(import.meta.dirname, '../../node_modules/.cache/koa-server-session', `${name}@${version}`);
	const folder = join(project, 'node_modules', name);
	if (existsSync(project)) return folder;

	console.log(`Installing ${name}@${version} for the tests`);
	// Complete before it is found, and once, though many may want it.
	const steps =
		'[ -e "$2" ] || { rm -rf "$2.new" && npm install --silent --ignore-scripts --no-save --prefix "$2.new" "$1" && mv "$2.new" "$2"; }';
	mkdirSync(dirname(project), {recursive: true});
	const args = [`${project}.lock`, 'sh', '-c', steps, 'install', `${name}@${version}`, project];
	const {status, stdout, stderr} = spawnSync('flock', args, {encoding: 'utf8'});
	if (status === 0) return folder;
	console.error(stdout, stderr);
	return undefined;
};
