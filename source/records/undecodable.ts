import {SessionError} from '../errors.ts';
import {publish} from '../events.ts';
import {warnOnce} from '../warning.ts';

/**
Reports a record that the codec can't read: as an event, and the first one as a process warning.

The request then begins without a session. If it happens after a conflict, `unreadable()` fails the request. What can't be
encoded fails in `StoredSession`, before the store is called.
*/
export const reportUndecodable = (session: string, error: unknown): void => {
	publish('undecodable', () => ({session, error: nameOf(error)}));
	warnOnce(
		'UNDECODABLE',
		'A stored session could not be decoded, so its client has none. The record stays in the store',
		'List every codec and encryption key that was ever used, and change no subject in the store. The event `undecodable` reports each such session.',
	);
};

/** The error's name or code, not its message, which may quote data. */
const nameOf = (error: unknown): string => {
	if (error instanceof SessionError) return error.code;
	return error instanceof Error ? error.name : typeof error;
};
