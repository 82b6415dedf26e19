import {chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

/** Reads the lines of a file; none if there is no such file. */
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

/** Replaces a file that only its owner can read. Renaming does it in one step: a reader finds the old lines or the new. */
export const writeLines = (path: string, lines: readonly string[]): void => {
	const draft = `${path}.new`;
	mkdirSync(dirname(path), {recursive: true, mode: 0o700});
	writeFileSync(draft, `${lines.join('\n')}\n`, {mode: 0o600, flush: true});
	// The mode above counts for a new file only, and a crash may have left one.
	chmodSync(draft, 0o600);
	renameSync(draft, path);
};
