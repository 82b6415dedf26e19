/** What is known about a session when its request ends. */
export type Facts = {
	/** `stored`: a record lives under the id. `new`: none yet. `closed`: ended or moved meanwhile, or the store is away. */
	readonly standing: 'stored' | 'new' | 'closed';

	/** Against what is stored; `emptied`: the codec keeps nothing. */
	readonly change: 'none' | 'some' | 'emptied';

	/** Whether the client can still be told a new token. */
	readonly isDeliverable: boolean;

	readonly isTouchDue: boolean;
};

/** What to do with the record. */
export type Outcome = 'nothing' | 'touch' | 'create' | 'update' | 'delete' | 'drop';

/** Decides what happens to a session at the end of its request. */
export const outcome = ({standing, change, isDeliverable, isTouchDue}: Facts): Outcome => {
	if (standing === 'closed') return change === 'none' ? 'nothing' : 'drop';

	if (standing === 'new') {
		if (change !== 'some') return 'nothing';
		// A record whose token reaches nobody would only fill the store.
		return isDeliverable ? 'create' : 'drop';
	}

	if (change === 'emptied') return 'delete';
	if (change === 'some') return 'update';
	// Touching instead of writing also keeps a slow reader from undoing what another request wrote meanwhile.
	return isTouchDue ? 'touch' : 'nothing';
};
