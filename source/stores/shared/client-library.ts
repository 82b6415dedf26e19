import {SessionError} from '../../errors.ts';

/**
@param libraries In the order in which they are needed. The message names the first missing one and all after it.
@throws SessionError `ERR_SESSION_STORE_URL` If a client library isn't installed.
*/
export const checkInstalled = (...libraries: readonly string[]): void => {
	for (const [index, library] of libraries.entries()) {
		try {
			import.meta.resolve(library);
		} catch (cause) {
			throw notInstalled(library, cause, libraries.slice(index).join(' '));
		}
	}
};

/**
Loads a client library. An application that passes in its own client doesn't need it.

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
