import {publish} from '../events.ts';
import type {Contest} from '../records/contest.ts';
import {unreadable} from '../records/errors.ts';
import type {StoredSession} from '../records/stored-session.ts';
import type {RequestSession} from './request-session.ts';

/**
Reads a session again after another request was faster. Merges the changes of both.

@param contest The operation's tries so far.
@param hasChanges Whether this request has changes, which are lost if the session is. `tried`: an expiry that it tried to write.
@returns `false` if no session is left to write to.
*/
export const catchUp = async (
	request: RequestSession,
	outdated: StoredSession,
	contest: Contest,
	{hasChanges, tried}: {readonly hasChanges: boolean; readonly tried?: number},
): Promise<boolean> => {
	const {tries} = contest;
	publish('conflict', () => ({session: request.records.nameOf(outdated.key), tries: tries + 1}));
	await contest.waitToRetry(outdated.key);
	const newest = await request.records.read(outdated.id, outdated.key);
	// The route has ended the session in the meantime.
	if (request.stored !== outdated) {
		if (typeof newest !== 'string') newest.abort();
		return false;
	}

	if (newest === 'undecodable') throw unreadable();
	if (typeof newest === 'string') {
		request.lose(outdated, newest, {hasChanges});
		return false;
	}

	try {
		if (request.isUsed) request.rebase(outdated.decode(), newest.open());
	} catch (error) {
		newest.abort();
		throw error;
	}
	outdated.abort();
	request.standing = {kind: 'stored', stored: newest};
	request.client.hearElsewhere(newest, outdated, tried);
	return true;
};
