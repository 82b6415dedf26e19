const statusOf = {
	/** The store failed, or isn't reachable. */
	ERR_SESSION_STORE: 503,
	/** The store didn't answer within `storeTimeout`. What it did is unknown. */
	ERR_SESSION_STORE_TIMEOUT: 503,
	/** Other requests changed the session again and again, until the tries were used up. */
	ERR_SESSION_CONFLICT: 409,
	/** `update()` on a session that was destroyed, here or by another request. */
	ERR_SESSION_DESTROYED: 409,
	/** The encoded session is larger than the `maxBytes` of the store, or of `compress()`. */
	ERR_SESSION_TOO_LARGE: 500,
	/** The session holds something that the codec can't represent. */
	ERR_SESSION_NOT_ENCODABLE: 500,
	/** Stored bytes that the codec can't read. Never reaches a route: such a session counts as none. */
	ERR_SESSION_UNDECODABLE: 500,
	/** An assignment to a name that `ctx.session` keeps for itself. */
	ERR_SESSION_RESERVED: 500,
	/** A change of a session that may only be read. */
	ERR_SESSION_READ_ONLY: 500,
	/** No keys to sign or encrypt with, or none that can. */
	ERR_SESSION_NO_KEYS: 500,
	/** A change without a store to keep it. */
	ERR_SESSION_NO_STORE: 500,
	/** The same `property` or cookie name twice on one application. */
	ERR_SESSION_DUPLICATE: 500,
	/** The store can't do what was asked, as listing by subject. */
	ERR_SESSION_UNSUPPORTED: 500,
	/** A store URL of an unknown form, or whose client library isn't installed. */
	ERR_SESSION_STORE_URL: 500,
} as const;

/** What went wrong, as `error.code`. */
export type SessionErrorCode = keyof typeof statusOf;

/**
Any fault that this library reports at run time. Wrong options are a `TypeError` or `RangeError` at start-up instead.

Its message says what happened and what to do, and never holds an id, a token or session data.
`status` is what Koa answers when nobody catches it; `expose` is `true` below 500, as Koa has it.

@example
import {SessionError} from 'koa-server-session';

app.use(async (ctx, next) => {
	try {
		await next();
	} catch (error) {
		if (!(error instanceof SessionError && error.code === 'ERR_SESSION_CONFLICT')) throw error;
		ctx.status = error.status;
		ctx.body = 'Please try again';
	}
});
*/
export class SessionError extends Error {
	override readonly name = 'SessionError';
	readonly code: SessionErrorCode;
	readonly status: number;
	readonly expose: boolean;

	constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
		this.status = statusOf[code];
		this.expose = this.status < 500;
	}
}

/** Tells whether the store failed, as opposed to what was asked of it. */
export const isStoreFault = (error: unknown): boolean => error instanceof SessionError && error.status === 503;
