import {readLines, writeLines} from './lines.ts';
import {createSecret} from './secret.ts';

/** Older keys still verify and decrypt, so a rotation logs nobody out. Anything made with other keys is refused. */
const mostKeys = 5;

/**
Keys that sign cookies or encrypt sessions, newest first, in a file that only its owner can read. Another such file holds
the operator's password.

They survive a restart, so everybody stays logged in. Several machines would share them through a secret store instead.
*/
export class KeyFile {
	readonly #path: string;
	#keys: readonly string[];

	constructor(path: string) {
		this.#path = path;
		this.#keys = read(path);
		if (this.#keys.length === 0) this.rotate();
	}

	get keys(): readonly string[] {
		return this.#keys;
	}

	/** Puts a new key first. It is saved to the file before it is used, so that a crash can't lose it. */
	rotate(): void {
		const keys = [createSecret(), ...this.#keys].slice(0, mostKeys);
		writeLines(this.#path, keys);
		this.#keys = keys;
	}
}

const read = (path: string): readonly string[] => {
	const keys = readLines(path);
	if (keys.every(key => key.length >= 32)) return keys;
	throw new RangeError(
		`Expected ${path} to hold one key per line, each of 32 characters or more. Delete the file to get new keys`,
	);
};
