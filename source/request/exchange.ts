/** A token as a request brought it. */
export type Token = {
	readonly text: string;

	/** The name of what carries it, which its signature covers. */
	readonly carrier: string;
};

/** How a session reaches its client. */
export type Exchange = {
	/** `sent`: the headers are gone. `refused`: this client or request can't be given a token. */
	delivery(): 'possible' | 'sent' | 'refused';

	/** Lets the answer go back the way that a token came. */
	answerBy(carrier: string): void;

	/** Gives the client the token of a session. */
	issue(id: string, expiresAt: number, permanent: boolean): void;

	/** Tells the client to forget its token. */
	clear(): void;

	/** For the event of a late write. */
	readonly path: string;
};
