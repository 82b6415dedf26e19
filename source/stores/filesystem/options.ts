/** Options of a `FilesystemStore`. */
export type FilesystemStoreOptions = {
	/**
	Where to keep the sessions; relative to the working directory at construction. Made when needed.

	@default 'koa_session'
	*/
	readonly directory?: string;

	/**
	Permissions of the files; a directory can be entered by whoever may read them.

	All processes that use the sessions should run as one user: only a file's owner can extend it.

	@default 0o600
	*/
	readonly mode?: number;

	/**
	Beyond about how many files `create()` also looks for expired ones, four at a time, and deletes those.

	No live session is ever deleted. Below it, only `prune()` deletes expired files.

	@default 500
	*/
	readonly threshold?: number;
};

/** Fills in the defaults. */
export const checkOptions = ({
	directory = 'koa_session',
	mode = 0o600,
	threshold = 500,
}: FilesystemStoreOptions): Required<FilesystemStoreOptions> => {
	if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
		throw new TypeError(
			`Expected \`directory\` to be the path of a directory, got \`${String(directory)}\` (${typeof directory})`,
		);
	}
	if (!Number.isInteger(mode) || (mode & 0o600) !== 0o600 || (mode & ~0o666) !== 0) {
		throw unexpected('mode', 'permissions from `0o600` to `0o666`', mode);
	}
	if (!Number.isSafeInteger(threshold) || threshold < 0) {
		throw unexpected('threshold', 'an integer from 0 up', threshold);
	}
	return {directory, mode, threshold};
};

const unexpected = (name: string, expected: string, value: unknown): TypeError | RangeError => {
	const WrongOption = typeof value === 'number' ? RangeError : TypeError;
	return new WrongOption(`Expected \`${name}\` to be ${expected}, got \`${String(value)}\` (${typeof value})`);
};
