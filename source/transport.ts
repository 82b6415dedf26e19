import type {Context} from 'koa';

/** How long a client should keep a token. */
export type TokenLife = {
	/** When the session ends, in milliseconds since the epoch. */
	readonly expiresAt: number;

	/** `false`: only until the browser is closed. */
	readonly permanent: boolean;
};

/**
Carries the token between client and server. `cookie()` is the default, `header()` serves API clients.

It never logs, stores or changes a token.
*/
export interface Transport {
	/** The request header on which responses depend, for `Vary`. */
	readonly vary: string;

	/** The response header that carries the token. Shared caches must not store it. */
	readonly sets: string;

	/** A name such as `sid`. The signature covers it, so that no token of another transport fits. */
	readonly name: string | ((ctx: Context) => string);

	/** All tokens of the request, in its order. They may be anything. An empty one asks for a token by this transport. */
	read(ctx: Context): readonly string[];

	/** Whether the client would accept a token now. If not, no new session is stored. */
	canWrite(ctx: Context): boolean;

	/** Puts a token into the response, instead of an earlier one. Called only before the headers are sent. */
	write(ctx: Context, token: string, life: TokenLife): void;

	/** Tells the client to forget its token, instead of an earlier token in this response. */
	clear(ctx: Context): void;

	/** Removes what `write()` or `clear()` put into the response. Called only before the headers are sent. */
	withdraw(ctx: Context): void;

	/** Formats a token as a client sends it: the value of the header `vary`. */
	format(ctx: Context, token: string): string;
}
