import {type Entry, type History, isBefore, type Violation} from './history.ts';
import type {Lineage} from './lineage.ts';

/** A session that a log-out found, or that was there before somebody logged out everywhere, is never seen again. */
export const findRevived = (lineage: Lineage): Violation[] =>
	lineage.enders
		.filter(ender => ender.isAcknowledged && isFinal(lineage, ender))
		.flatMap(ender => {
			const again = lineage.users.find(({saw, ...entry}) => saw?.session === lineage.session && isBefore(ender, entry));
			if (!again) return [];
			const what = `request ${again.number} finds session ${lineage.session}, which ${ender.number} has ended`;
			return [{promise: 'a log-out is final', what, requests: [ender.number, again.number]}];
		});

const isFinal = ({session, users, names}: Lineage, {act, saw, began}: Entry): boolean => {
	if (act.do === 'log out') return saw?.session === session;
	// One that was somebody else's at that moment may stay.
	if (act.do !== 'revoke' || names.size > 1) return false;
	return users.some(
		user =>
			user.saw?.session === session && user.saw.user === act.user && (user.ended?.order ?? Infinity) < began.order,
	);
};

/** Once a log-in is acknowledged, the old id opens nothing. In the end, no session is there twice. */
export const findOldIds = (lineage: Lineage, {listed}: History): Violation[] => {
	const promise = 'one live session after a new id';
	const logIns = lineage.enders.filter(({act}) => act.do === 'log in');
	const violations = logIns.flatMap((logIn): Violation[] => {
		const {sent, told, isAcknowledged, number} = logIn;
		if (!isAcknowledged || sent === undefined || !told || told === sent) return [];
		const again = lineage.users.find(
			entry => entry.sent === sent && entry.saw?.session === lineage.session && isBefore(logIn, entry),
		);
		if (!again) return [];
		const what = `request ${again.number} finds session ${lineage.session} under the id that ${number} replaced`;
		return [{promise, what, requests: [number, again.number]}];
	});

	const copies = listed.filter(({session}) => session === lineage.session).length;
	// What a log-in of unknown outcome left is known to nobody.
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
