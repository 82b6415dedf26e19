import {checkInteger, checkObject, outOfRange, quote, unexpected} from '../../options/checks.ts';
import {called, checkNames} from '../../options/names.ts';
import {ofStores} from '../shared/other-stores.ts';
import {readPruneEvery} from '../shared/sweeper.ts';

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
	After every so many creates of this store, it also looks at four times as many files and deletes some that have expired:
	up to twice as many. `0`: never.

	That happens after the create and never fails it. A process that ends before that many creates deletes none: with
	short-lived processes, call `prune()` from a schedule.

	@default 100
	*/
	readonly pruneEvery?: number;
};

/** Fills in the defaults. */
export const checkOptions = (options: FilesystemStoreOptions): Required<FilesystemStoreOptions> => {
	checkObject('options', options, "an object such as `{directory: './sessions'}`");
	checkNames(options, ['directory', 'mode', 'pruneEvery'], {remedies});
	const {directory = 'koa_session', mode = 0o600} = options;
	if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
		throw unexpected('directory', 'the path of a directory', directory, quote(directory));
	}

	checkInteger('mode', mode, {least: 0o600, most: 0o666, what: permissions});
	if ((mode & 0o600) !== 0o600 || (mode & ~0o666) !== 0) throw outOfRange('mode', permissions, mode);
	return {directory, mode, pruneEvery: readPruneEvery(options.pruneEvery)};
};

const remedies = {...ofStores, path: called('directory'), reapInterval: called('pruneEvery', ', which counts creates')};

const permissions = 'permissions from `0o600` to `0o666`';
