import {resolveOptions} from '../options/resolve.ts';
import {Sessions} from '../sessions.ts';
import {unsigned} from '../signer.ts';
import type {Store} from '../store.ts';

/** The engine on an application's store, for what needs neither its codec nor its keys. */
export const engineOn = (store: Store, prefix?: string): Sessions =>
	new Sessions({
		...resolveOptions({store, storeTimeout: '1m', ...(prefix !== undefined && {prefix})}),
		signer: unsigned,
	});
