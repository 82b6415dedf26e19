import {mkdir, readFile, unlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {OpenBare} from './bare.ts';

/** A file for each key, written over in place: a process that ends meanwhile leaves half of it, and parallel changes are lost. */
export const bareFilesystem: OpenBare = async url => {
	const directory = join(url.slice('file:'.length), 'bare');
	await mkdir(directory, {recursive: true});
	const path = (key: string) => join(directory, key.replaceAll(':', '-'));
	const write = (key: string, bytes: Buffer) => writeFile(path(key), bytes);
	return {
		create: write,
		read: key => readFile(path(key)).catch(() => undefined),
		update: write,
		touch: (key, expiresAt) => utimes(path(key), expiresAt / 1000, expiresAt / 1000),
		destroy: key => unlink(path(key)),
		close: async () => {},
	};
};
