/** A token as a request brought it. */
export type Token = {
	readonly text: string;

	/** The name of the transport that carried it, which its signature covers. */
	readonly transport: string;
};

/** What a response tells its client: to keep the token of a session, or to forget the one that it has. */
export type News =
	| {readonly kind: 'token'; readonly id: string; readonly expiresAt: number; readonly permanent: boolean}
	| {readonly kind: 'clear'};

/** How a request's session reaches its client. */
export interface Exchange {
	/** Every token that the request brought, in the order in which they are tried. */
	readonly tokens: readonly Token[];

	/** The names of the transports, for this request. */
	readonly names: readonly string[];

	/** For the event of a late write. */
	readonly path: string;

	/** What the headers say of the session now. */
	readonly news: News | undefined;

	/** What they said when they were sent. `undefined` before that, or if they said nothing. */
	readonly sent: News | undefined;

	/**
	Tells whether news can still reach the client.

	`sent`: the headers are gone. `refused`: this client or request can't be given a token.
	*/
	delivery(): 'possible' | 'sent' | 'refused';

	/** Uses the transport of this name for the response. */
	answerBy(transport: string): void;

	/** Puts news into the headers, in place of what they said of the session before. `undefined`: nothing. */
	tell(news: News | undefined): void;

	/** Says that the response depends on the session. */
	vary(): void;

	/** Runs once the response is over, whether it was sent as a whole or broken off. At once, if it is over already. */
	whenOver(work: () => void): void;
}
