import type {State, StoredSession} from '../records/stored-session.ts';
import {equal} from './equal.ts';

/** Whether a state differs from what is stored in more than what the library itself notes. */
export const hasChanged = (stored: StoredSession, state: State): boolean => {
	try {
		// Not by its bytes: they differ anyway if an older codec or key wrote the record.
		// A confirmed binding and the last use are no changes of the route's.
		const own = {binding: undefined, seenAt: undefined};
		return !equal({...state, ...own}, {...stored.decode(), ...own});
	} catch {
		// What can't be decoded can't be compared, so it counts as changed.
		return true;
	}
};
