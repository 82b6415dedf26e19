import {globSync} from 'node:fs';
import {delimiter} from 'node:path';

/** A program that tests run, by the names that it may have, and Debian's package that brings it. */
export type SystemProgram = {
	readonly commands: readonly string[];
	readonly debianPackage: string;

	/** Where it may be. By default, on the PATH. */
	readonly folders?: () => readonly string[];
};

/** A package of npm that our own manifest can't name: it isn't for every platform, npm would compile it, or it is large. */
export type NpmPackage = {
	readonly name: string;
	readonly version: string;

	/** What it stands in for, where that isn't on the PATH, and the only platform that it is for. */
	readonly standsInFor?: {readonly command: string; readonly platform: string};
};

/** The folders of the PATH. */
export const path = (): string[] => (process.env['PATH'] ?? '').split(delimiter);

/** All that tests look for on the system. */
export const systemPrograms = {
	redis: {commands: ['redis-server', 'valkey-server'], debianPackage: 'redis-server'},
	valkey: {commands: ['valkey-server'], debianPackage: 'valkey-server'},
	memcached: {commands: ['memcached'], debianPackage: 'memcached'},
	postgres: {
		commands: ['postgres'],
		debianPackage: 'postgresql',
		// Debian keeps the programs of each version apart, off the PATH.
		folders: () => [...path(), ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed()],
	},
	pgbouncer: {
		commands: ['pgbouncer'],
		debianPackage: 'pgbouncer',
		folders: () => [...path(), '/usr/sbin'],
	},
	mariadb: {commands: ['mariadbd'], debianPackage: 'mariadb-server', folders: () => [...path(), '/usr/sbin']},
	// Debian's smallest: Chromium without windows, which starts twice as fast.
	chromium: {
		commands: ['chromium-headless-shell', 'chromium', 'chromium-browser'],
		debianPackage: 'chromium-headless-shell',
	},
	// The one without windows keeps no keys, so it binds no session to a device.
	deviceChromium: {commands: ['chromium', 'chromium-browser', 'google-chrome'], debianPackage: 'chromium'},
} as const satisfies Record<string, SystemProgram>;

/** As Bun's packages name it. */
const cpu = process.arch === 'arm64' ? 'aarch64' : process.arch;

const nodeOf = (version: string): NpmPackage => ({
	name: `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
	version,
});

/** All that tests install from npm beside the development dependencies. */
export const npmPackages = {
	/** Speaks MongoDB's protocol, and keeps everything in memory. */
	jongodb: {
		name: '@jongodb/memory-server-bin-linux-x64-gnu',
		version: '0.1.6',
		standsInFor: {command: 'mongod', platform: 'linux-x64'},
	},
	vitest: {name: 'vitest', version: '4.1.12'},
	jest: {name: 'jest', version: '30.5.2'},
	/** Other runtimes: the programs themselves, which the packages `bun` and `deno` only choose. */
	bun: {name: `@oven/bun-${process.platform}-${cpu}`, version: '1.4.5'},
	deno: {
		name: `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`,
		version: '2.9.6',
	},
	/** Brings http-proxy. */
	'koa-proxies': {name: 'koa-proxies', version: '0.12.4'},
	'better-sqlite3': {name: 'better-sqlite3', version: '13.2.0'},
	/** The oldest Node 20 and 22 that we promise to run on, and one of each later line but the one that runs the tests. */
	'Node 20.19': nodeOf('20.19.0'),
	'Node 22.12': nodeOf('22.12.0'),
	'Node 22': nodeOf('22.23.3'),
	'Node 26': nodeOf('26.10.0'),
} as const satisfies Record<string, NpmPackage>;

/** What only `npm run test:long` installs, since it is large: 340 MB. Its peers come along. */
export const nextPackage: NpmPackage = {name: 'next', version: '16.4.6'};
