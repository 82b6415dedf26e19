import {resolveOptions} from '../options/resolve.ts';
import {Sessions} from '../sessions.ts';
import type {Store} from '../store.ts';
import {unsigned} from '../tokens/signer.ts';

/** The sessions in an application's store, for work that needs neither its codec nor its keys. */
export const sessionsIn = (store: Store, prefix?: string): Sessions => {
	const options = resolveOptions({store, storeTimeout: '1m', ...(prefix !== undefined && {prefix})});
	return new Sessions({...options, signer: unsigned(options.prefix)});
};
