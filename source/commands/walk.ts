import type {Codec, Envelope} from '../codec.ts';
import {SessionError} from '../errors.ts';
import type {Store} from '../store.ts';
import {type Description, describe} from './description.ts';
import {handleIn} from './prefix-option.ts';

/** Walks over all live sessions of a prefix, those that only another codec can read included. */
export const walk = async function* (
	store: Store,
	prefix: string,
	codec: Codec<Envelope>,
): AsyncGenerator<Description, void, undefined> {
	if (!store.keys) {
		throw new SessionError(
			'ERR_SESSION_UNSUPPORTED',
			"This store can't list what it has. To end all its sessions, replace the application's signing keys",
		);
	}

	for await (const page of store.keys(prefix)) {
		for (const key of page) {
			const record = handleIn(key, prefix) === undefined ? undefined : await store.read(key);
			const description = record && describe(key, record, prefix, codec);
			if (description?.state === 'session') yield description;
		}
	}
};
