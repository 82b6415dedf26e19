import {findDead, findLoggedOut} from './alive.ts';
import {findOldIds, findRevived, findTooMany, findUntold} from './ended.ts';
import {findMiscounts} from './exact.ts';
import type {History, Violation} from './history.ts';
import {findLost} from './kept.ts';
import {findExpired, findOutlived} from './lifetime.ts';
import {lineages} from './lineage.ts';
import {findMessages} from './messages.ts';

/**
Searches a history for violations of what the library promises. It knows requests and answers, and nothing of how sessions
are kept.

It reports only what no order of the requests explains: a request of unknown outcome may have done its work at any time
after it began, or never.
*/
export const check = (history: History): Violation[] => {
	const all = lineages(history);
	return [
		...all.flatMap(lineage => [
			...findLost(lineage, history),
			...findMiscounts(lineage),
			...findMessages(lineage),
			...findRevived(lineage, history),
			...findOldIds(lineage, history),
			...findExpired(lineage, history),
			...findOutlived(lineage, history),
			...findDead(lineage, history),
		]),
		...findUntold(history),
		...findTooMany(history),
		...findLoggedOut(history, all),
	];
};
