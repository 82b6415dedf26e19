import {readLines, writeLines} from './lines.ts';
import {createSecret} from './secret.ts';

/** Older keys still verify and decrypt, so that a rotation logs nobody out. What none of these made is refused. */
const mostKeys = 5;

/**
Keys that sign cookies or that encrypt sessions, newest first, in a file that only its owner can read.

They survive a restart, and with them everybody's login. Several machines would share them by a secret store instead.
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

	/** Puts a new key in front. It is in the file before anything is made with it, so that no crash loses it. */
	rotate(): void {
		const keys = [createSecret(), ...this.#keys].slice(0, mostKeys);
		writeLines(this.#path, keys);
		this.#keys = keys;
	}
}

const read = (path: string): readonly string[] => {
	const keys = readLines(path);
	if (keys.every(key => key.length >= 32)) return keys;
	throw new RangeError(`Expected ${path} to hold one key of 32 characters or more a line. Delete it to get new ones`);
};
