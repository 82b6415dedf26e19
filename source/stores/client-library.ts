import {SessionError} from '../errors.ts';

/**
@param all What the store needs beside it, too, so that one command installs everything.
@throws SessionError `ERR_SESSION_STORE_URL` If a client library isn't installed.
*/
export const checkInstalled = (library: string, all: string = library): void => {
	try {
		import.meta.resolve(library);
	} catch (cause) {
		throw notInstalled(library, cause, all);
	}
};

/**
Loads a client library, which nobody needs who brings a client.

@throws SessionError `ERR_SESSION_STORE_URL` If it can't be loaded.
*/
export const load = async <Library>(library: string, importLibrary: () => Promise<Library>): Promise<Library> => {
	try {
		return await importLibrary();
	} catch (cause) {
		throw notInstalled(library, cause);
	}
};

const notInstalled = (library: string, cause: unknown, all = library): SessionError =>
	new SessionError(
		'ERR_SESSION_STORE_URL',
		`Could not load \`${library}\`, which this store needs. Run \`npm install ${all}\``,
		{cause},
	);
