import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';

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
