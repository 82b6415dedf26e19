import {readFileSync} from 'node:fs';
import {SessionError} from '../../errors.ts';

/**
The oldest version of each client library that stores open: major and minor.

Not the range of `peerDependencies`, which lets any version in: an application may have an old one for something else.
*/
const oldest: Readonly<Record<string, readonly [number, number]>> = {
	'@aws-sdk/client-dynamodb': [3, 521],
	'better-sqlite3': [11, 0],
	ioredis: [5, 3],
	kysely: [0, 27],
	'memcache-client': [1, 0],
	mongodb: [5, 0],
	mysql2: [3, 0],
	pg: [8, 0],
};

/** What was checked already, since a store may load its library for each call. */
const sound = new Set<string>();

/**
Checks client libraries without loading them. In a bundle, only loading them can tell.

@param libraries In the order in which they are needed. The message names the first missing one and all after it.
@throws SessionError `ERR_SESSION_STORE_URL` If a client library isn't installed, or too old.
*/
export const checkInstalled = (...libraries: readonly string[]): void => {
	for (const [index, library] of libraries.entries()) {
		if (sound.has(library) || isBundled()) continue;
		let url: string;
		try {
			url = resolve(library);
		} catch (cause) {
			throw notLoaded(library, cause, libraries.slice(index).join(' '));
		}
		checkVersion(library, url);
		sound.add(library);
	}
};

/** The error for a client library that can't be loaded. An application that passes in its own client doesn't need it. */
export const notLoaded = (library: string, cause: unknown, all = library): SessionError => {
	const remedy = isBundled()
		? `Run \`npm install ${all}\` where you bundle or beside the bundle, or pass in your own client`
		: `Run \`npm install ${all}\``;
	return new SessionError('ERR_SESSION_STORE_URL', `Could not load \`${library}\`, which this store needs. ${remedy}`, {
		cause,
	});
};

/** With a name that bundlers can't know: some would put an address of their own in its place. */
const resolve = (name: string): string => import.meta.resolve(name);

/** Whether this code has left its package, whose `imports` are then out of reach. CommonJS has no `import.meta` at all. */
const isBundled = (): boolean => {
	try {
		resolve('#errors');
		return false;
	} catch {
		return true;
	}
};

/** What a library in CommonJS exports by name. Some bundlers leave it under `default` alone. */
export const byName = <Library extends object>(library: Library, name: keyof Library & string): Library =>
	name in library ? library : (library as {readonly default: Library}).default;

const checkVersion = (library: string, url: string): void => {
	const version = versionOf(library, url);
	const [major = 0, minor = 0] = oldest[library] ?? [];
	const [ownMajor = major, ownMinor = minor] = version?.split('.').map(Number) ?? [];
	if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;

	throw new SessionError(
		'ERR_SESSION_STORE_URL',
		`Expected \`${library}\` ${major}.${minor} or newer, got ${version}. Run \`npm install ${library}@latest\`, or pass in your own client`,
	);
};

/** The version in the manifest that is nearest to a file of the library. Most libraries don't export theirs. */
const versionOf = (library: string, file: string): string | undefined => {
	for (let folder = new URL('.', file); folder.pathname.includes('/node_modules/'); folder = new URL('..', folder)) {
		try {
			const manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
			if (manifest.name === library) return manifest.version;
		} catch {
			// There is none in this folder.
		}
	}
	return undefined;
};
