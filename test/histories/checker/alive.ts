import {type Entry, endsOthers, type History, isBefore, isConcurrent, isEnd, type Violation} from './history.ts';
import {certainEnd} from './lifetime.ts';
import {type Lineage, sessionOf} from './lineage.ts';

/** A token that was told opens its session, until somebody ends or moves that, or it expires. */
export const findDead = (lineage: Lineage, {entries, limits}: History): Violation[] =>
	entries.flatMap((reader): Violation[] => {
		const {sent, saw, number} = reader;
		if (sent === undefined || !saw || saw.session === lineage.session || !lineage.tokens.has(sent)) return [];

		const teller = lineage.users.find(({told}) => told === sent);
		if (!teller || lineage.enders.some(ender => mayTake(ender, teller, reader))) return [];
		if ((reader.ended?.at ?? Infinity) >= certainEnd(lineage, reader, limits)) return [];
		const what = `request ${number} comes with the token that ${teller.number} was told, and finds nothing of session ${lineage.session}`;
		return [{promise: 'a token opens its session', what, requests: [teller.number, number]}];
	});

/** Whether a request may have ended or moved the session that a token opened. A login that failed may have told an old one. */
const mayTake = (ender: Entry, teller: Entry, reader: Entry): boolean =>
	!(ender === teller && ender.isAcknowledged) &&
	ender !== reader &&
	!isBefore(reader, ender) &&
	!isBefore(ender, teller);

/**
The jar holds a live session if a login was acknowledged last and nobody logged out.

If all other requests of that time came with the login's session, the jar opens that one. Otherwise, such as when several
came without a cookie, it opens any.
*/
export const findLoggedOut = (history: History, all: readonly Lineage[]): Violation[] =>
	lastReads(history).flatMap((reader): Violation[] => {
		const {entries} = history;
		const own = entries.filter(({browser}) => browser === reader.browser);
		const logIn = own.findLast(({act, isAcknowledged, told}) => act.do === 'log in' && isAcknowledged && told);
		const session = logIn && sessionOf(logIn);
		const lineage = all.find(other => other.session === session);
		if (!logIn || !lineage || !reader.saw || logIn === reader) return [];
		if (hasExcuse(logIn, lineage, own, history)) return [];
		if ((reader.ended?.at ?? Infinity) >= certainEnd(lineage, reader, history.limits)) return [];

		const others = own.filter(entry => entry !== logIn && entry !== reader && !isBefore(entry, logIn));
		const isOnly = others.every(({sent}) => sent !== undefined && lineage.tokens.has(sent));
		if (isOnly ? reader.saw.session === session : reader.saw.session !== undefined) return [];
		const what = `browser ${reader.browser} is logged in by request ${logIn.number}, but its cookie opens ${reader.saw.session === undefined ? 'nothing' : 'another session'}`;
		return [{promise: 'a login stays in the jar', what, requests: [logIn.number, reader.number]}];
	});

/** What each browser's jar opens in the end. */
const lastReads = ({entries}: History): Entry[] => {
	const last = new Map<number, Entry>();
	for (const entry of entries) last.set(entry.browser, entry);
	return [...last.values()].filter(({act, isAcknowledged}) => act.do === 'read' && isAcknowledged);
};

const hasExcuse = (logIn: Entry, lineage: Lineage, own: readonly Entry[], {entries}: History): boolean =>
	own.some(entry => entry !== logIn && mayLogOut(entry, logIn, lineage)) ||
	lineage.enders.some(ender => ender !== logIn && mayLogOut(ender, logIn, lineage)) ||
	// The extension that a lost answer carried was for this jar.
	own.some(({isAcknowledged, way}) => !isAcknowledged && way !== 'gone') ||
	entries.some(entry => entry !== logIn && isRetold(entry, logIn, lineage)) ||
	own.some(entry => own.some(other => mayShorten(entry, other)));

/** Whether a request may have ended the login's session, or may be the login that counts. */
const mayLogOut = (entry: Entry, logIn: Entry, {enders}: Lineage): boolean => {
	const {act, isAcknowledged, told} = entry;
	if (!isEnd(act) || isBefore(entry, logIn)) return false;
	if (act.do !== 'log in' || !isAcknowledged || told) return true;
	// Two logins with one id: the one that was slower is told nothing. If somebody has ended its new id before it was told
	// of it, it ends the session under whichever id that has, and clears the cookie.
	return told === null && enders.some(ender => endsOthers(ender.act) && isConcurrent(ender, entry));
};

/**
Whether an answer that extends nothing renews the signature, for the time that was left, and arrives after the answer of a
request that extended the session, although nobody could know: on another server, or since it left before.
*/
const mayShorten = (renewal: Entry, extension: Entry): boolean => {
	if (renewal.way !== 'polls' || !renewal.told || !isConcurrent(renewal, extension)) return false;
	if ((renewal.ended?.order ?? Infinity) < (extension.ended?.order ?? 0)) return false;
	if (renewal.server !== extension.server) return true;
	return renewal.left === undefined || extension.left === undefined || renewal.left < extension.left;
};

/**
Whether an answer names an id that the session had before the login, and may have left before the login's answer or on
another server: then nobody could know that the id has been replaced.
*/
const isRetold = (entry: Entry, logIn: Entry, {tokens}: Lineage): boolean => {
	const {browser, told, act, ended, left, server} = entry;
	if (browser !== logIn.browser || !told || told === logIn.told || act.do === 'log in') return false;
	if (!tokens.has(told) || !ended || ended.order < (logIn.ended?.order ?? 0)) return false;
	return server !== logIn.server || left === undefined || logIn.left === undefined || left < logIn.left;
};
