import {SessionError} from '../errors.ts';

/** @throws SessionError `ERR_SESSION_STORE_URL` If a client library isn't installed. */
export const checkInstalled = (library: string): void => {
	try {
		import.meta.resolve(library);
	} catch (cause) {
		throw notInstalled(library, cause);
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

const notInstalled = (library: string, cause: unknown): SessionError =>
	new SessionError(
		'ERR_SESSION_STORE_URL',
		`Could not load \`${library}\`, which this store needs. Run \`npm install ${library}\``,
		{cause},
	);
