import {publish} from '../events.ts';
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
