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

Never logs, stores or changes a token.
*/
export interface Transport {
	/** The request header on which answers depend, for `Vary`. */
	readonly vary: string;

	/** The response header that brings the token, so that shared caches don't keep it. */
	readonly sets: string;

	/** A name such as `sid`. The signature covers it, so that no token of another transport fits. */
	readonly name: string | ((ctx: Context) => string);

	/** All tokens that the request brings, in its order. They may be anything; an empty one says: by this way, please. */
	read(ctx: Context): readonly string[];

	/** Tells whether the client would accept a token now. If it wouldn't, no new session is stored. */
	canWrite(ctx: Context): boolean;

	/** Sends a token, in place of one sent earlier in this response. Called only before the headers are sent. */
	write(ctx: Context, token: string, life: TokenLife): void;

	/** Tells the client to forget its token, in place of one sent earlier in this response. */
	clear(ctx: Context): void;

	/** Takes back what `write()` or `clear()` put into this response. Called only before the headers are sent. */
	withdraw(ctx: Context): void;

	/** Writes a token as a client sends it: the value of the header `vary`. */
	format(ctx: Context, token: string): string;
}
