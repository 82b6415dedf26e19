import type {VersionedRecord} from '../store.ts';
import type {GuardedStore} from './guarded-store.ts';
import {isTombstone, successorOf} from './tombstone.ts';

/** The record of a session, under the key that it has now. */
export type Followed = {readonly key: string; readonly record: VersionedRecord};

/**
Follows tombstones from a key to the session that it leads to now. Those that lead in a circle lead to no session.

@param followed The keys that were followed before, to which this adds those of tombstones. They lead to nothing new.
*/
export const follow = async (
	store: GuardedStore,
	key: string,
	followed: Set<string> = new Set(),
): Promise<Followed | undefined> => {
	for (let current = key; !followed.has(current); ) {
		const record = await store.read(current);
		if (!record) return undefined;
		if (!isTombstone(record.bytes)) return {key: current, record};

		followed.add(current);
		current = successorOf(record.bytes);
	}
	return undefined;
};
