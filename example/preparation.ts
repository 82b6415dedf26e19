import {setTimeout as delay} from 'node:timers/promises';
import {SessionError, type Store} from '../source/index.ts';

/** How long to wait for a first answer, in milliseconds. */
const patience = 5000;

/** What stores have that want something made before their first session. */
type Preparable = Store & {
	createTable?(): Promise<void>;
	createIndexes?(): Promise<void>;
};

/**
Makes the table or the indexes that a store needs; several processes may do so at once, and again at each start.

@returns What to tell whoever started the example, a sentence a line.
@throws SessionError `ERR_SESSION_STORE` if that fails, as for a server that can't be reached.
*/
export const prepare = async (store: Preparable): Promise<readonly string[]> => [
	...(await make(store)),
	// Without a table to make, one that is away may come back while the example runs.
	...((await answers(store)) ? [] : ["The store doesn't answer. Pages say so until it does."]),
	...(store.bySubject ? [] : ["This store can't list by subject, so “Devices” shows only the one that looks."]),
];

const make = async (store: Preparable): Promise<readonly string[]> => {
	const wanted = store.createTable ? 'table' : store.createIndexes ? 'indexes' : undefined;
	if (!wanted) return [];

	try {
		await (store.createTable ?? store.createIndexes)?.call(store);
	} catch (cause) {
		const message = `Expected to find or make the store's ${wanted}, but that failed: ${reason(cause)}`;
		throw new SessionError('ERR_SESSION_STORE', message, {cause});
	}

	return [`The store's ${wanted} can be used: made, or there already.`];
};

/** Also connects, so that the first visitor doesn't wait for it. */
const answers = (store: Store): Promise<boolean> => {
	const answer = store.read('koa-server-session:example').then(
		() => true,
		() => false,
	);
	return Promise.race([answer, delay(patience, false, {ref: false})]);
};

/** Errors of several attempts have no message of their own. */
const reason = (error: unknown): string => {
	if (error instanceof SessionError && error.cause) return reason(error.cause);
	const {message, code} = error as {message?: unknown; code?: unknown};
	return String(message || code || error);
};
