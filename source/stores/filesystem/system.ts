import {link, lstat, rename, unlink} from 'node:fs/promises';

/** Whether an error of the operating system has one of these codes. */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
	error instanceof Error && 'code' in error && codes.some(code => code === error.code);

/** Whether anything has that name. */
export const exists = async (path: string): Promise<boolean> => {
	try {
		await lstat(path);
		return true;
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return false;
		throw error;
	}
};

/** The inode number of the file of that name; `undefined` if there is none. */
export const numberOf = async (path: string): Promise<bigint | undefined> => {
	try {
		return (await lstat(path, {bigint: true})).ino;
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return undefined;
		throw error;
	}
};

/** Gives a file a second name. `false`: the name is taken. */
export const linkNew = async (path: string, name: string): Promise<boolean> => {
	try {
		await link(path, name);
		return true;
	} catch (error) {
		if (hasCode(error, 'EEXIST')) return false;
		throw error;
	}
};

/** Moves a file over another. `false`: it doesn't exist any more. */
export const renameOver = async (path: string, name: string): Promise<boolean> => {
	try {
		await rename(path, name);
		return true;
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return false;
		throw error;
	}
};

/** Removes a name. `false`: it doesn't exist any more. */
export const unlinkOnce = async (path: string): Promise<boolean> => {
	try {
		await unlink(path);
		return true;
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return false;
		throw error;
	}
};

/** Removes a name that is no longer needed. Errors are ignored: housekeeping tries again. */
export const remove = async (path: string): Promise<void> => {
	await unlink(path).catch(() => {});
};
