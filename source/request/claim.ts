import {SessionError} from '../errors.ts';
import {claimed, longestClaim} from '../records/claim.ts';
import type {Contest} from '../records/contest.ts';
import type {Records} from '../records/records.ts';
import type {StoredSession} from '../records/stored-session.ts';

/** After so many collisions, the function probably takes longer than others pause between their writes. */
const fairTries = 3;

/** What a claim lasts longer than two runs of the function, in milliseconds. */
const margin = 250;

/**
Claims a session for an operation that others keep overtaking, so that other processes wait while its function runs.

@returns The session as it is stored then. As it was, if the operation needs no claim yet.
*/
export const claimIfOvertaken = async (
	records: Records,
	stored: StoredSession,
	{tries, took}: Contest,
): Promise<StoredSession | 'conflict' | 'missing'> => {
	if (tries < fairTries) return stored;

	const {record, facts} = stored;
	const bytes = claimed(record.bytes, Date.now() + Math.min(2 * took + margin, longestClaim));
	try {
		const answer = await records.replace(stored, {bytes, expiresAt: record.expiresAt, state: stored.decode()});
		stored.abort();
		return typeof answer === 'string' ? answer : answer.with(record, facts);
	} catch (error) {
		// One that only just fits into the store goes without.
		if (error instanceof SessionError && error.code === 'ERR_SESSION_TOO_LARGE') return stored;
		throw error;
	}
};
