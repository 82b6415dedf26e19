import {type Entry, type History, isBefore, isConcurrent, isEnd, type Violation} from './history.ts';
import {isThere, type Lineage} from './lineage.ts';

/** A session that a logout found, or that was there before somebody logged out everywhere, is never seen again. */
export const findRevived = (lineage: Lineage, history: History): Violation[] =>
	lineage.enders
		.filter(ender => ender.isAcknowledged && isFinal(lineage, ender, history))
		.flatMap(ender => {
			const again = lineage.users.find(({saw, ...entry}) => saw?.session === lineage.session && isBefore(ender, entry));
			if (!again) return [];
			const what = `request ${again.number} finds session ${lineage.session}, which ${ender.number} has ended`;
			return [{promise: 'a logout is final', what, requests: [ender.number, again.number]}];
		});

const isFinal = (lineage: Lineage, ender: Entry, {entries, limits}: History): boolean => {
	const {act, saw} = ender;
	if (act.do === 'log out') return saw?.session === lineage.session;
	if (act.do === 'revoke') return isThere(lineage, ender, limits);
	if (act.do !== 'revoke others' || saw?.user !== act.user) return false;
	// One whose own session ends at the same time ends nothing.
	return isThere(lineage, ender, limits) && !entries.some(other => isEnd(other.act) && isConcurrent(other, ender));
};

/** Logins that leave so many sessions of their user leave no more in the end, if all of them do so. */
export const findTooMany = ({entries, listed}: History): Violation[] =>
	[...new Set(listed.map(({user}) => user))].flatMap((user): Violation[] => {
		const logIns = entries.filter(({act}) => act.do === 'log in' && act.user === user);
		const limit = Math.max(...logIns.map(({act}) => ('keep' in act ? (act.keep ?? Infinity) : Infinity)));
		const count = listed.filter(other => other.user === user).length;
		if (count <= limit || !logIns.every(({isAcknowledged}) => isAcknowledged)) return [];
		const what = `${count} sessions of a user are stored, expected at most ${limit}`;
		return [{promise: 'at most so many sessions of a user', what, requests: logIns.map(({number}) => number)}];
	});

/** Once a login is acknowledged, the old id opens nothing. In the end, no session is there twice. */
export const findOldIds = (lineage: Lineage, {listed}: History): Violation[] => {
	const promise = 'one live session after a new id';
	const logIns = lineage.enders.filter(({act}) => act.do === 'log in');
	const violations = logIns.flatMap((logIn): Violation[] => {
		const {sent, told, saw, isAcknowledged, number} = logIn;
		// Where the session is over by the server's clock, the login replaces nothing.
		if (saw?.session !== lineage.session) return [];
		if (!isAcknowledged || sent === undefined || !told || told === sent) return [];
		const again = lineage.users.find(
			entry => entry.sent === sent && entry.saw?.session === lineage.session && isBefore(logIn, entry),
		);
		if (!again) return [];
		const what = `request ${again.number} finds session ${lineage.session} under the id that ${number} replaced`;
		return [{promise, what, requests: [number, again.number]}];
	});

	const copies = listed.filter(({session}) => session === lineage.session).length;
	// What a login of unknown outcome left is known to nobody.
	if (copies > 1 && logIns.every(({isAcknowledged}) => isAcknowledged)) {
		const what = `session ${lineage.session} is stored ${copies} times`;
		violations.push({promise, what, requests: [lineage.session, ...logIns.map(({number}) => number)]});
	}

	return violations;
};

/** No session is stored that no client was told of. */
export const findUntold = ({listed, entries}: History): Violation[] =>
	listed.flatMap(({session}): Violation[] => {
		const creator = entries.find(({number}) => number === session);
		if (!creator || creator.told || !(creator.isAcknowledged || creator.way === 'gone')) return [];
		const what = `request ${creator.number} stored a session without a token for its client`;
		return [{promise: 'a client is told of its session', what, requests: [creator.number]}];
	});
