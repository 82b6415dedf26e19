import {checkInteger, outOfRange, quote, unexpected} from '../../options/checks.ts';

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
		throw unexpected('directory', 'the path of a directory', directory, quote(directory));
	}

	checkInteger('mode', mode, {least: 0o600, most: 0o666, what: permissions});
	if ((mode & 0o600) !== 0o600 || (mode & ~0o666) !== 0) throw outOfRange('mode', permissions, mode);
	checkInteger('threshold', threshold, {least: 0, most: Number.MAX_SAFE_INTEGER, what: 'an integer from 0 up'});
	return {directory, mode, threshold};
};

const permissions = 'permissions from `0o600` to `0o666`';
