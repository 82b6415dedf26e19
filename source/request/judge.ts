import {publish} from '../events.ts';
import type {Records} from '../records/records.ts';
import type {StoredSession} from '../records/stored-session.ts';
import type {Device} from './exchange.ts';
import type {Proof} from './standing.ts';

/**
Whether the request proves the key that its session is bound to. Lets the codec clean up if it doesn't, or if that can't be
judged.
*/
export const judge = (records: Records, stored: StoredSession, device: Device | undefined): Proof => {
	let proof: Proof | undefined;
	try {
		proof = device?.judge(stored.open().binding) ?? 'unneeded';
	} finally {
		// It fails if the application's function `keys` does, for example.
		if (proof === undefined || proof === 'refused') stored.abort();
	}

	if (proof === 'refused') {
		publish('bind', () => ({session: records.nameOf(stored.key), step: 'refused', reason: 'unproven'}));
	}
	return proof;
};
