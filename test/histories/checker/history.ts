/**
What a request asks of its session. What it writes or says is its own number, so that each value is unique.

`increment outside`: by way of what changes sessions without a request. `write all`: in each of a user's sessions. `revoke
others`: ends all of a user's sessions but its own. `log in` with `keep`: ends those beyond so many, but never its own.
*/
export type Act =
	| {readonly do: 'read' | 'increment' | 'increment outside' | 'flash' | 'take' | 'take exactly' | 'log out'}
	| {readonly do: 'write' | 'unset'; readonly field: string}
	| {readonly do: 'write all'; readonly user: string; readonly field: string}
	| {readonly do: 'revoke' | 'revoke others'; readonly user: string}
	| {readonly do: 'log in'; readonly user: string; readonly keep?: number};

/** Whether an act ends sessions of a user, besides what it does to its own. */
export const endsOthers = (act: Act): act is Act & {readonly user: string} =>
	act.do === 'revoke' || act.do === 'revoke others' || (act.do === 'log in' && act.keep !== undefined);

/** Whether an act may end a session or give it a new id. */
export const isEnd = (act: Act): boolean => act.do === 'log in' || act.do === 'log out' || endsOthers(act);

/**
How a request goes.

`plain`: nothing special. `early`: the route sends the headers first. `replaces`: the route sets `Set-Cookie` to another
cookie. `refuses`: it sets the status 404 after its act. `throws`: it throws an error of status 404 after its act. `saves`:
it awaits `save()` in the middle. `goes on`: it acts after the commit, while the response goes on. `lasts`: the route sends
the headers first, and acts when the requests of the next phase are over, and more time has passed. `gone`: the client has
closed the connection before the route is through. `polls`: it doesn't count as use of the session.
*/
export type Way =
	| 'plain'
	| 'early'
	| 'replaces'
	| 'refuses'
	| 'throws'
	| 'saves'
	| 'goes on'
	| 'lasts'
	| 'gone'
	| 'polls';

/** A point of a history: its place in the real order of things, and the true time in milliseconds. */
export type Moment = {readonly order: number; readonly at: number};

/** A session as a route found it. */
export type View = {
	/** The number of the request that began the session, which the application keeps in it. Absent: nothing is there. */
	readonly session?: number | undefined;
	readonly user?: string | undefined;

	/** The number of the request that wrote each field. */
	readonly fields: Readonly<Record<string, number>>;

	/** What `increment` counts. */
	readonly count: number;

	/** When it ends, as `ctx.session.expiresAt` says. */
	readonly expiresAt: number;
};

/** What a route reports of its request. */
export type Report = {
	readonly saw: View;

	/** For `increment`: the count after it. */
	readonly made?: number;

	/** For `take` and `take exactly`: the messages. */
	readonly took?: readonly number[];
};

/** One request and what its client learned of it. */
export type Entry = Partial<Report> & {
	/** A positive integer, unique in the history. */
	readonly number: number;
	readonly browser: number;
	readonly server: number;
	readonly act: Act;
	readonly way: Way;

	/** The token that it carried, and until when its jar would have kept it. */
	readonly sent?: string | undefined;
	readonly sentUntil?: number | undefined;
	readonly began: Moment;

	/**
	When it was over: the client had the whole answer, or nothing of it could be under way any more. Absent: nobody knows, so
	it may still be at work.
	*/
	readonly ended?: Moment | undefined;

	/** The place at which the answer left the server, if it is known. */
	readonly left?: number | undefined;

	/** Whether the answer says that it is done. If not, nobody knows. */
	readonly isAcknowledged: boolean;

	/** What the answer put into the jar: a token, or `null` for none. Absent: nothing. */
	readonly told?: string | null | undefined;
};

/** The lifetimes of sessions in milliseconds, and by how much the clocks of two machines may differ. */
export type Limits = {
	readonly idle: number;
	readonly absolute: number;
	readonly touchAfter: number;
	readonly skew: number;
};

/**
All that was seen from outside.

In the end, each browser and each token that was ever told reads once more. `listed`: what the server lists of each user
after that, by the number of the session.
*/
export type History = {
	readonly entries: readonly Entry[];
	readonly limits: Limits;
	readonly listed: readonly {readonly user: string; readonly session: number | undefined}[];
};

/** A promise that a history breaks, and the numbers of the requests that show it. */
export type Violation = {readonly promise: string; readonly what: string; readonly requests: readonly number[]};

/** Whether one request was over before another one began. */
export const isBefore = (first: Entry, second: Entry): boolean =>
	first.ended !== undefined && first.ended.order < second.began.order;

/** Whether two requests were under way at the same time. */
export const isConcurrent = (first: Entry, second: Entry): boolean =>
	first !== second && !isBefore(first, second) && !isBefore(second, first);
