import {publish} from '../events.ts';
import {hasChanged} from './has-changed.ts';
import type {RequestSession} from './request-session.ts';
import type {LossReason} from './standing.ts';

/** Reports a change of the session that was stored after the headers were sent. */
export const reportIfLate = ({name, exchange}: RequestSession): void => {
	if (exchange.isSent) publish('late-write', () => ({session: name, path: exchange.path}));
};

/** Reports what is lost with a new session or a new id that no client will learn of. */
export const reportUntold = (request: RequestSession, reason: LossReason | 'unavailable' = 'undeliverable'): void => {
	const {name, live} = request;
	reportIfLate(request);
	publish('lost', () => ({session: name, reason}));
	live.report();
};

/** Whether the response can't tell any more what was written, since it has left or its client has gone. */
export const isTooLate = ({client}: RequestSession): boolean => {
	try {
		return !client.canLearn;
	} catch {
		// Without keys, there is no token. The attempt to tell the client says so.
		return false;
	}
};

/** Reports what a failure has cost: an end, a new id, or changes. */
export const reportFailure = (request: RequestSession): void => {
	if (!request.hasEnded && !request.isRegenerating && !hasUnsaved(request)) return;
	const {records, ending, name} = request;
	publish('lost', () => ({session: ending.key === undefined ? name : records.nameOf(ending.key), reason: 'failed'}));
};

/** Reports changes that are dropped, by default because their request failed. */
export const reportDropped = (request: RequestSession, reason: 'failed' | 'ended' = 'failed'): void => {
	if (!hasUnsaved(request)) return;
	publish('lost', () => ({session: request.name, reason}));
	request.live.report();
};

/** Whether the route left anything that isn't stored, and wasn't reported. */
const hasUnsaved = (request: RequestSession): boolean => {
	if (!request.isUsed || request.live.isReported) return false;
	const {stored, live} = request;
	return stored ? hasChanged(stored, live.state) : live.hasContent;
};
