import {chmod, lstat, mkdir, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {openPatiently} from './open-files.ts';
import {hasCode} from './system.ts';

/** The names of all shards. More of them would make walks slow, fewer would make directories large. */
export const shardNames: readonly string[] = Array.from({length: 256}, (_, index) =>
	index.toString(16).padStart(2, '0'),
);

/** The directories within the store's directory: created when needed, and never a symbolic link to somewhere else. */
export class Shards {
	readonly directory: string;
	readonly #mode: number;
	readonly #known = new Set<string>();
	readonly #isShared: boolean;
	#isChecked = false;

	/** @param mode The permissions of the files: users who may read those may enter their directory. */
	constructor(directory: string, mode: number) {
		this.directory = directory;
		this.#mode = mode | ((mode & 0o444) >> 2);
		this.#isShared = (mode & 0o066) !== 0;
	}

	/** Whether a shard exists. Checked once: a shard that is deleted later causes `ENOENT`. */
	async has(shard: string): Promise<boolean> {
		if (this.#known.has(shard)) return true;

		try {
			await this.#check();
			if (!(await lstat(path.join(this.directory, shard))).isDirectory()) {
				throw new Error(
					`Expected \`${shard}\` in the directory of the sessions to be a directory itself. Remove what is there instead`,
				);
			}
		} catch (error) {
			if (hasCode(error, 'ENOENT')) return false;
			throw error;
		}

		this.#known.add(shard);
		return true;
	}

	async make(shard: string): Promise<void> {
		await this.#make(this.directory);
		await this.#make(path.join(this.directory, shard));
		this.#known.delete(shard);
		await this.has(shard);
	}

	/** The names of the files in a shard. None if it doesn't exist. */
	async list(shard: string): Promise<string[]> {
		if (!(await this.has(shard))) return [];

		try {
			return await openPatiently(() => readdir(path.join(this.directory, shard)));
		} catch (error) {
			if (hasCode(error, 'ENOENT')) return [];
			throw error;
		}
	}

	/**
	Refuses a directory that another user may have made first: that user could read, change and make sessions.

	One of another user is fine if the files are shared with their group, or if only root could have made it there.
	*/
	async #check(): Promise<void> {
		const user = process.getuid?.();
		if (this.#isChecked || user === undefined) return;

		const {uid, mode} = await stat(this.directory);
		if (mode & ~this.#mode & 0o002) {
			throw new Error(
				'Every user may write to the directory of the sessions, and make sessions. Run `chmod o-w` on it',
			);
		}

		if (uid !== user && uid !== 0 && !this.#isShared) {
			const parent = await stat(path.dirname(this.directory));
			if (user !== 0 || parent.mode & 0o002) {
				throw new Error(
					'The directory of the sessions belongs to another user, who can read and make sessions. Run `chown` on it, name another one, or share the files with a group by `mode=660`',
				);
			}
		}

		this.#isChecked = true;
	}

	async #make(directory: string): Promise<void> {
		// The process's umask may have removed permissions.
		if (await makeDirectories(directory, this.#mode)) await chmod(directory, this.#mode);
	}
}

/**
Makes a directory, and those above it. `false`: it exists.

By hand: `mkdir()` with `recursive` says ENOENT for a disk that is read-only, and never returns where nothing can be made,
such as in `/proc`.
*/
const makeDirectories = async (directory: string, mode: number): Promise<boolean> => {
	try {
		return await makeDirectory(directory, mode);
	} catch (error) {
		if (!hasCode(error, 'ENOENT')) throw error;
	}

	const above = path.dirname(directory);
	if (above !== directory) await makeDirectories(above, mode);
	return makeDirectory(directory, mode);
};

const makeDirectory = async (directory: string, mode: number): Promise<boolean> => {
	try {
		await mkdir(directory, {mode});
		return true;
	} catch (error) {
		if (hasCode(error, 'EEXIST')) return false;
		throw error;
	}
};
