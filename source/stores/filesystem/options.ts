import {checkInteger, checkObject, outOfRange, quote, unexpected} from '../../options/checks.ts';

/** Options of a `FilesystemStore`. */
export type FilesystemStoreOptions = {
	/**
	The directory to keep sessions in, relative to the working directory at construction. Created when needed.

	@default 'koa_session'
	*/
	readonly directory?: string;

	/**
	The permissions of the files. Users who may read the files may also enter their directory.

	All processes that use the sessions should run as one user, because only its owner can extend a file in place. With
	`0o660`, a process of another user of the group replaces the file instead, which costs as much as a write. Then the
	directory needs the group too, and its `setgid` bit.

	@default 0o600
	*/
	readonly mode?: number;

	/**
	With about this many files or more, each `create()` also looks at four files and deletes those that have expired.

	No live session is ever deleted. With fewer files, only `prune()` deletes expired ones.

	@default 500
	*/
	readonly threshold?: number;
};

/** Fills in the defaults. */
export const checkOptions = (options: FilesystemStoreOptions): Required<FilesystemStoreOptions> => {
	checkObject('options', options, "an object such as `{directory: './sessions'}`");
	const {directory = 'koa_session', mode = 0o600, threshold = 500} = options;
	if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
		throw unexpected('directory', 'the path of a directory', directory, quote(directory));
	}

	checkInteger('mode', mode, {least: 0o600, most: 0o666, what: permissions});
	if ((mode & 0o600) !== 0o600 || (mode & ~0o666) !== 0) throw outOfRange('mode', permissions, mode);
	checkInteger('threshold', threshold, {least: 0, most: Number.MAX_SAFE_INTEGER, what: 'an integer from 0 up'});
	return {directory, mode, threshold};
};

const permissions = 'permissions from `0o600` to `0o666`';
