import {type Entry, endsOthers, type History, isConcurrent, isEnd, type Limits} from './history.ts';

/** One session through all of its ids: who used it, who ended or moved it, and which tokens named it. */
export class Lineage {
	/** The number of the request that began it. */
	readonly session: number;

	/** The requests that found the session or began it. */
	readonly users: readonly Entry[];
	readonly tokens: ReadonlySet<string>;

	/** The requests that found it, began it, or came with what is or may be one of its tokens. */
	readonly visitors: readonly Entry[];

	/** The visitors, and the requests that may have written it for another reason. */
	readonly changers: readonly Entry[];

	/** The requests that may have ended it or given it a new id. */
	readonly enders: readonly Entry[];
	readonly names: ReadonlySet<string>;

	constructor(session: number, users: readonly Entry[], history: History) {
		this.session = session;
		this.users = users;
		const tokens = new Set<string>();
		const names = new Set<string>();
		for (const {sent, told, saw, act} of users) {
			if (told) tokens.add(told);
			if (sent !== undefined && saw?.session === session) tokens.add(sent);
			if (saw?.user !== undefined) names.add(saw.user);
			if (act.do === 'log in') names.add(act.user);
		}

		this.tokens = tokens;
		this.names = names;
		const perhaps = perhapsTold(tokens, history);
		this.visitors = history.entries.filter(
			entry => users.includes(entry) || (entry.sent !== undefined && perhaps.has(entry.sent)),
		);
		this.changers = history.entries.filter(
			entry => this.visitors.includes(entry) || (entry.act.do === 'write all' && names.has(entry.act.user)),
		);
		this.enders = history.entries.filter(entry => {
			const {act, saw} = entry;
			if (act.do === 'revoke others' && saw?.session === session) return this.#mayMove(entry);
			if (endsOthers(act) && names.has(act.user)) return true;
			return isEnd(act) && act.do !== 'revoke others' && this.visitors.includes(entry);
		});
	}

	/** Whether the session may get a new id during a request. Then nobody could say which one is to stay. */
	#mayMove(request: Entry): boolean {
		return this.visitors.some(other => other.act.do === 'log in' && isConcurrent(other, request));
	}

	/** The request that began it. */
	get creator(): Entry | undefined {
		return this.users.find(({number}) => number === this.session);
	}

	/** Whether something else may take the session from a request, since it is at work at the same time. */
	isDisturbed(request: Entry): boolean {
		return this.enders.some(ender => isConcurrent(ender, request));
	}
}

/** The tokens of a session, and those that its requests were told by answers that say nothing else: the id in a new signature. */
const perhapsTold = (tokens: ReadonlySet<string>, {entries}: History): ReadonlySet<string> => {
	const perhaps = new Set(tokens);
	for (const {sent, told, saw} of entries)
		if (!saw && told && sent !== undefined && perhaps.has(sent)) perhaps.add(told);
	return perhaps;
};

/**
Whether a session was for certain that of the user whose sessions a request ends or changes, when that began, and lived
until it was over by the clock of any machine.
*/
export const isThere = ({session, users, names}: Lineage, {act, began, ended}: Entry, {skew}: Limits): boolean =>
	// One that was somebody else's at that moment isn't meant.
	names.size === 1 &&
	'user' in act &&
	users.some(
		user =>
			user.saw?.session === session &&
			user.saw.user === act.user &&
			(user.ended?.order ?? Infinity) < began.order &&
			user.saw.expiresAt > (ended?.at ?? Infinity) + skew,
	);

/** The number of the session that a request found or began; `undefined` if it says nothing or left none. */
export const sessionOf = ({saw, number, told}: Entry): number | undefined =>
	saw && (saw.session ?? (told ? number : undefined));

/** All sessions of a history. */
export const lineages = (history: History): Lineage[] => {
	const users = new Map<number, Entry[]>();
	for (const entry of history.entries) {
		const session = sessionOf(entry);
		if (session === undefined) continue;
		const known = users.get(session);
		if (known) known.push(entry);
		else users.set(session, [entry]);
	}

	// A creator whose answer was lost is known by what others found.
	for (const [session, entries] of users) {
		const creator = history.entries.find(({number}) => number === session);
		if (creator && !entries.includes(creator)) entries.push(creator);
	}

	return [...users].map(([session, entries]) => new Lineage(session, entries, history));
};
