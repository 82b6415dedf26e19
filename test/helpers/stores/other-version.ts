import {registerHooks} from 'node:module';

/**
Lets everything that is imported later in this file's process get a library from another folder, which has another version.

Import the store and its helpers with `await import()` after that.
*/
export const useOtherVersion = (library: string, folder: string): void => {
	registerHooks({
		resolve: (specifier, context, next) => next(specifier === library ? folder : specifier, context),
	});
};
