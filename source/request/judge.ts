import {publish} from '../events.ts';
import type {StoredSession} from '../records/stored-session.ts';
import type {Device} from './exchange.ts';
import type {Proof} from './standing.ts';

/** How a request stands to the binding of a session. Closes the session if nobody can tell. */
export const judge = (stored: StoredSession, device: Device | undefined): Proof => {
	try {
		return device?.judge(stored.open().binding) ?? 'unneeded';
	} catch (error) {
		// For example the application's function `keys` has failed.
		stored.abort();
		throw error;
	}
};

/** Publishes that a request came without the proof that its session needs. @param session Its name in events. */
export const reportUnproven = (session: string): void =>
	publish('bind', () => ({session, step: 'refused', reason: 'unproven'}));
