import {link, rename, unlink} from 'node:fs/promises';

/** Whether an error is one of these of the operating system. */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
	error instanceof Error && 'code' in error && codes.some(code => code === error.code);

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

/** Moves a file over another. `false`: it isn't there any more. */
export const renameOver = async (path: string, name: string): Promise<boolean> => {
	try {
		await rename(path, name);
		return true;
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return false;
		throw error;
	}
};

/** Takes a name away. `false`: there is no such name any more. */
export const unlinkOnce = async (path: string): Promise<boolean> => {
	try {
		await unlink(path);
		return true;
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return false;
		throw error;
	}
};

/** Takes a name away that nobody needs. Whatever goes wrong: the next sweep tries again. */
export const remove = async (path: string): Promise<void> => {
	await unlink(path).catch(() => {});
};
