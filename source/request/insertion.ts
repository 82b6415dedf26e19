import {idTaken} from '../records/errors.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import {latestOfSuccessor, withUse} from './expiry.ts';
import {isTooLate, reportUntold} from './losses.ts';
import {checkTimeouts} from './own-timeouts.ts';
import type {RequestSession} from './request-session.ts';

/** How many ids may be taken before the store is to blame, not chance. */
const maxDraws = 3;

/** Creates a record under the live id, or under another if that is taken. `undefined`: the codec keeps nothing. */
export const insert = async (request: RequestSession, state: State): Promise<StoredSession | undefined> => {
	const {records, live, stored} = request;
	checkTimeouts(state, stored?.facts, records.timeouts);
	const latest = latestOfSuccessor(request, state);
	const used = withUse(request, state, Math.min(records.nextExpiry(state), latest));
	for (let draws = 1; draws <= maxDraws; draws++) {
		const created = await records.create(live.id, used, latest);
		if (created !== 'taken') return created;
		live.redraw();
	}

	throw idTaken();
};

/** Stores a new session and continues with it. Stores nothing if the codec keeps nothing, or if it comes too late. */
export const create = async (request: RequestSession, state: State): Promise<void> => {
	const {live, records} = request;
	const created = await insert(request, state);
	if (created && live === request.live && isTooLate(request)) {
		await records.deleteUntold(created);
		reportUntold(request);
	} else if (created) request.take(created, live);
};
