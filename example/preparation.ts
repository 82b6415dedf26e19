import {SessionError, type Store} from '../source/index.ts';

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
export const prepare = async (store: Preparable): Promise<readonly string[]> => {
	const made = store.createTable ? 'table' : store.createIndexes ? 'indexes' : undefined;
	try {
		await (store.createTable ?? store.createIndexes)?.call(store);
	} catch (cause) {
		throw new SessionError('ERR_SESSION_STORE', `Expected to find or make the store's ${made}: ${reason(cause)}`, {
			cause,
		});
	}

	return [
		...(made ? [`The store's ${made} can be used: made, or there already.`] : []),
		...(store.bySubject ? [] : ["This store can't list by subject, so “Devices” shows only the one that looks."]),
	];
};

/** Errors of several attempts have no message of their own. */
const reason = (error: unknown): string => {
	if (error instanceof SessionError && error.cause) return reason(error.cause);
	const {message, code} = error as {message?: unknown; code?: unknown};
	return String(message || code || error);
};
