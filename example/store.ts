import {setTimeout as delay} from 'node:timers/promises';
import {SessionError, type Store} from '../source/index.ts';
import {open} from '../source/stores/open.ts';

/** A store that needs something created before its first session. */
type Preparable = Store & {
	createTable?(): Promise<void>;
	createIndexes?(): Promise<void>;
};

/**
Opens the store of a URL and creates the table or the indexes that it needs.

Several processes may do so at once, and every start does it again. It prints what the person who starts the example
should know.

@throws SessionError `ERR_SESSION_STORE` if that fails, for example because the server can't be reached.
*/
export const openStore = async (url: string): Promise<Store> => {
	const store: Preparable = await open(url);
	console.log(`Sessions are stored in ${withoutSecrets(url)}`);
	try {
		await create(store);
	} catch (error) {
		await store.close?.();
		throw error;
	}

	// If nothing has to be created, an unavailable store may come back while the example runs.
	if (!(await isAvailable(store))) console.log("The store doesn't answer. Pages say so until it does.");
	if (!store.bySubject) console.log("This store can't list by subject, so “Devices” shows only the device in use.");
	return store;
};

/** Passwords are in front of the host or in the parameters. URLs of files have none. */
const withoutSecrets = (url: string): string =>
	/^(file|sqlite):/.test(url) ? url : url.replace(/\?.*/s, '').replace(/\/\/.*@/s, '//');

const create = async (store: Preparable): Promise<void> => {
	const what = store.createTable ? 'table' : store.createIndexes ? 'indexes' : undefined;
	if (!what) return;

	try {
		await (store.createTable ?? store.createIndexes)?.call(store);
	} catch (cause) {
		const message = `Expected to find or create the store's ${what}, but that failed: ${reasonOf(cause)}`;
		throw new SessionError('ERR_SESSION_STORE', message, {cause});
	}

	console.log(`The store's ${what} can be used.`);
};

/** How long to wait for the first answer, in milliseconds. */
const longestWait = 5000;

/** Also connects, so that the first visitor doesn't have to wait for that. */
const isAvailable = (store: Store): Promise<boolean> => {
	const answer = store.read('koa-server-session:example').then(
		() => true,
		() => false,
	);
	return Promise.race([answer, delay(longestWait, false, {ref: false})]);
};

/** An error that combines several attempts has no message of its own. */
const reasonOf = (error: unknown): string => {
	if (error instanceof SessionError && error.cause) return reasonOf(error.cause);
	const {message, code} = error as {message?: unknown; code?: unknown};
	return String(message || code || error);
};
