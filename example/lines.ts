import {chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

/** Reads the lines of a file. A missing file has none. */
export const readLines = (path: string): readonly string[] => {
	try {
		return readFileSync(path, 'utf8')
			.split('\n')
			.filter(line => line !== '');
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
		throw error;
	}
};

/** Replaces a file that only its owner can read. Renaming makes this atomic: readers find the old lines or the new. */
export const writeLines = (path: string, lines: readonly string[]): void => {
	const draft = `${path}.new`;
	mkdirSync(dirname(path), {recursive: true, mode: 0o700});
	writeFileSync(draft, `${lines.join('\n')}\n`, {mode: 0o600, flush: true});
	// The mode above applies only to a new file, and a crash may have left an old one.
	chmodSync(draft, 0o600);
	renameSync(draft, path);
};
