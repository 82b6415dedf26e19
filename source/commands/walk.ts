import type {Codec, Envelope} from '../codec.ts';
import {SessionError} from '../errors.ts';
import type {Store, VersionedRecord} from '../store.ts';
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

	yield* describeAll(store, store.keys(prefix), prefix, codec);
};

/** How many records are read at once: enough to hide round trips, and few enough not to slow down an application. */
const width = 16;

/** Describes the live sessions under some keys, in their order. @param isMeant Which of their records count. */
export const describeAll = async function* (
	store: Store,
	pages: AsyncIterable<readonly string[]>,
	prefix: string,
	codec: Codec<Envelope>,
	isMeant: (record: VersionedRecord) => boolean = () => true,
): AsyncGenerator<Description, void, undefined> {
	for await (const page of pages) {
		const keys = page.filter(key => handleIn(key, prefix) !== undefined);
		for (let start = 0; start < keys.length; start += width) {
			const read = async (key: string) => [key, await store.read(key)] as const;
			for (const [key, record] of await Promise.all(keys.slice(start, start + width).map(read))) {
				const description = record && isMeant(record) ? describe(key, record, prefix, codec) : undefined;
				if (description?.state === 'session') yield description;
			}
		}
	}
};
