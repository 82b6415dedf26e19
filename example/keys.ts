import {chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {createSecret} from './secret.ts';

/** Older keys still verify, so that a rotation logs nobody out. What none of these signed is refused. */
const mostKeys = 5;

/**
The keys that sign sessions, newest first, in a file that only its owner can read.

They survive a restart, and with them everybody's login. Several machines would share them by a secret store instead.
*/
export class KeyFile {
	readonly #path: string;
	#keys: readonly string[];

	constructor(path: string) {
		this.#path = path;
		this.#keys = read(path) ?? [];
		if (this.#keys.length === 0) this.rotate();
	}

	get keys(): readonly string[] {
		return this.#keys;
	}

	/** Puts a new key in front. It is in the file before it signs anything, so that no crash loses it. */
	rotate(): void {
		const keys = [createSecret(), ...this.#keys].slice(0, mostKeys);
		write(this.#path, keys);
		this.#keys = keys;
	}
}

const read = (path: string): readonly string[] | undefined => {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
		throw error;
	}

	const keys = text.split('\n').filter(line => line !== '');
	if (keys.length > 0 && keys.every(key => key.length >= 32)) return keys;
	throw new Error(`Expected ${path} to hold one key of 32 characters or more a line. Delete it to get new ones`);
};

/** Renaming replaces the file in one step: a reader finds the old keys or the new ones. */
const write = (path: string, keys: readonly string[]): void => {
	const draft = `${path}.new`;
	mkdirSync(dirname(path), {recursive: true, mode: 0o700});
	writeFileSync(draft, `${keys.join('\n')}\n`, {mode: 0o600, flush: true});
	// The mode above counts for a new file only, and a crash may have left one.
	chmodSync(draft, 0o600);
	renameSync(draft, path);
};
