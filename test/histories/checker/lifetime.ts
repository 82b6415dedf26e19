import {type Entry, type History, isBefore, isConcurrent, type Limits, type Violation} from './history.ts';
import type {Lineage} from './lineage.ts';

/** Whether a request extends its session. One that loses the session to another request extends nothing. */
const isUse = (lineage: Lineage, entry: Entry): boolean =>
	entry === lineage.creator || (entry.isAcknowledged && entry.way !== 'polls' && !lineage.isDisturbed(entry));

/** Until when a session lives for certain, at the beginning of a request: as its uses so far were answered. */
export const certainEnd = (lineage: Lineage, request: Entry, limits: Limits): number => {
	const {users, creator} = lineage;
	if (!creator?.isAcknowledged) return 0;
	const lastUse = users
		.filter(user => isUse(lineage, user) && isBefore(user, request))
		.reduce((latest, {began}) => Math.max(latest, began.at), 0);
	const end = Math.min(lastUse + limits.idle - limits.touchAfter, creator.began.at + limits.absolute);
	return end - 2 * limits.skew;
};

/** No session is seen after the end of its life. */
export const findExpired = (lineage: Lineage, {limits}: History): Violation[] => {
	const {users, creator, session, visitors} = lineage;
	return users.flatMap((reader): Violation[] => {
		if (reader.saw?.session !== session) return [];
		const uses = visitors.filter(
			other => other !== reader && !isBefore(reader, other) && (other === creator || other.way !== 'polls'),
		);
		const lastUse = uses.reduce((latest, {ended}) => Math.max(latest, ended?.at ?? Infinity), 0);
		const end = Math.min(lastUse + limits.idle, (creator?.ended?.at ?? Infinity) + limits.absolute);
		if (reader.began.at < end + 2 * limits.skew) return [];
		const what = `request ${reader.number} finds session ${session}, which should have expired`;
		return [{promise: 'a session ends in time', what, requests: [reader.number]}];
	});
};

/** A cookie that a browser keeps for a time, which is given in whole seconds. */
const rounding = 1000;

/**
A session doesn't outlive the cookie that its client was told of.

An answer that got lost may have said more. So may one that a client has received in another order.
*/
export const findOutlived = ({users, session, visitors}: Lineage, {limits}: History): Violation[] => {
	if (visitors.some(({isAcknowledged, way}) => !isAcknowledged && way !== 'gone')) return [];
	return users.flatMap((reader): Violation[] => {
		const {saw, sentUntil, number, way} = reader;
		// One that looks after its own headers have left may find what they extend.
		const isOwn = way === 'early' || way === 'lasts' || way === 'goes on';
		if (saw?.session !== session || sentUntil === undefined || isOwn) return [];
		if (saw.expiresAt <= sentUntil + rounding + 2 * limits.skew) return [];
		// Another request may have extended it, whose answer is still on its way.
		const isPerhapsExtended = visitors.some(
			other => other !== reader && !isBefore(other, reader) && !isBefore(reader, other) && other.way !== 'gone',
		);
		if (isPerhapsExtended) return [];
		// The answer that the jar heard last may be that of a request which began before another one's extension.
		const last = users
			.filter(entry => entry.told === reader.sent && isBefore(entry, reader))
			.toSorted((one, other) => (one.ended?.order ?? 0) - (other.ended?.order ?? 0))
			.at(-1);
		if (last && users.some(other => isConcurrent(last, other))) return [];
		const what = `request ${number} finds a session that lives longer than its cookie`;
		return [{promise: 'a client is told of its session', what, requests: [number]}];
	});
};
