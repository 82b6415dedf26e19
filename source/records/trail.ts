import type {Version, VersionedRecord} from '../store.ts';
import type {GuardedStore} from './guarded-store.ts';
import {isTombstone, successorOf} from './tombstone.ts';

/** Which session to end. */
export type EndOptions = {
	/** The version that the caller knows, which saves a read. */
	readonly version?: Version;
	readonly isMeant?: (key: string, record: VersionedRecord) => boolean;

	/** The tombstones that earlier calls followed; this one adds its own. A walk over many sessions shares it. */
	readonly followed?: Set<string>;
};

/**
Follows tombstones from a key to the session that it leads to now. Those that lead in a circle lead to no session.

@param followed The keys of tombstones that were followed before, to which this adds. They lead to nothing new.
*/
export const follow = async (
	store: GuardedStore,
	key: string,
	followed: Set<string> = new Set(),
): Promise<{key: string; record: VersionedRecord} | undefined> => {
	for (let current = key; !followed.has(current); ) {
		const record = await store.read(current);
		if (!record) return undefined;
		if (!isTombstone(record.bytes)) return {key: current, record};

		followed.add(current);
		current = successorOf(record.bytes);
	}
	return undefined;
};
