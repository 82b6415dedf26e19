import {isStoreFault} from '../errors.ts';
import type {Contest} from '../records/contest.ts';
import type {Records} from '../records/records.ts';
import type {StoredSession, Written} from '../records/stored-session.ts';

/** After so many collisions, the function probably takes longer than the pauses between other writes. */
const fairTries = 3;

/** What a claim lasts longer than two runs of the function, in milliseconds. */
const margin = 250;

/**
Claims a session for an operation that others keep overtaking, so that other processes wait while its function runs. Waits
itself while another process has claimed it.

@returns The session as it is stored then.
*/
export const claimIfOvertaken = async (
	{claims}: Records,
	stored: StoredSession,
	{tries, took}: Contest,
): Promise<Written> => {
	if (!(await claims.outlast(stored))) return 'conflict';
	if (tries < fairTries) return stored;

	const answer = await claims.claim(stored, 2 * took + margin);
	if (answer !== stored) stored.abort();
	return answer;
};

/** Runs an operation's function and writes what it made. If that fails, others needn't wait for the claim any longer. */
export const runClaimed = async <Result>(
	{claims}: Records,
	stored: StoredSession | undefined,
	work: () => Promise<Result>,
): Promise<Result> => {
	try {
		return await work();
	} catch (error) {
		// The caller gets that error, even if this fails. A store that fails isn't asked again: the client would wait twice.
		if (stored && claims.holds(stored) && !isStoreFault(error)) await claims.release(stored).catch(() => undefined);
		throw error;
	}
};
