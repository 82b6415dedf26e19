import {publish} from '../events.ts';
import {backOff} from '../records/back-off.ts';
import {unreadable} from '../records/errors.ts';
import type {StoredSession} from '../records/stored-session.ts';
import type {RequestSession} from './request-session.ts';

/**
Reads a session again after another request was faster, and merges the changes of both.

@param hasChanges Whether something is lost if the session is.
@returns `false` if there is nothing to write to any more.
*/
export const catchUp = async (
	request: RequestSession,
	behind: StoredSession,
	tries: number,
	{hasChanges}: {readonly hasChanges: boolean},
): Promise<boolean> => {
	publish('conflict', () => ({session: request.name, tries}));
	await backOff(tries);
	const newest = await request.records.read(behind.id, behind.key);
	// The route ended the session while we waited.
	if (request.stored !== behind) return false;

	if (newest === 'undecodable') throw unreadable();
	if (typeof newest === 'string') {
		request.lose(behind, newest, {hasChanges});
		return false;
	}

	if (request.isUsed) request.rebase(request.live.kept(behind.decode()), request.live.kept(newest.open()));
	behind.abort();
	request.standing = {kind: 'stored', stored: newest};
	request.client.hearElsewhere(newest);
	return true;
};
