const statusOf = {
	/** The store failed or can't be reached. */
	ERR_SESSION_STORE: 503,
	/** The store didn't answer within `storeTimeout`. Nobody knows what it did. */
	ERR_SESSION_STORE_TIMEOUT: 503,
	/** Other requests kept changing the session until no tries were left, or wrote it in a form that can't be merged. */
	ERR_SESSION_CONFLICT: 409,
	/** `update()` on a session that this request or another one has ended. */
	ERR_SESSION_DESTROYED: 409,
	/** `update()` on a session that is bound to a device, in a request without its proof. */
	ERR_SESSION_UNPROVEN: 401,
	/** The encoded session is larger than `maxBytes` of the store or of `compress()`. */
	ERR_SESSION_TOO_LARGE: 500,
	/** The session contains something that the codec can't represent. */
	ERR_SESSION_NOT_ENCODABLE: 500,
	/** The codec can't read a record. Never reaches a route: such a session counts as none. */
	ERR_SESSION_UNDECODABLE: 500,
	/** Data with the name of a member of `ctx.session`. */
	ERR_SESSION_RESERVED: 500,
	/** A change to a session that can only be read. */
	ERR_SESSION_READ_ONLY: 500,
	/** No keys to sign or encrypt with, or keys that can't be used. */
	ERR_SESSION_NO_KEYS: 500,
	/** A change, but no store to save it in. */
	ERR_SESSION_NO_STORE: 500,
	/** The same `property` or cookie name twice on one application. */
	ERR_SESSION_DUPLICATE: 500,
	/** The store can't do this, for example list by subject. */
	ERR_SESSION_UNSUPPORTED: 500,
	/** A store URL has an unknown form, or its client library isn't installed. */
	ERR_SESSION_STORE_URL: 500,
} as const;

/** The values of `error.code`. */
export type SessionErrorCode = keyof typeof statusOf;

/**
What goes wrong at run time. A wrong option, argument or timeout is a `TypeError` or `RangeError` instead.

The message says what happened and what to do. It never contains an id, a token or session data. `status` is the status
of the response if nobody catches the error. `expose` is `true` below 500, as in Koa.

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

	constructor(code: SessionErrorCode, message: string, options?: {readonly cause?: unknown}) {
		super(message, options);
		this.code = code;
		this.status = statusOf[code];
		this.expose = this.status < 500;
	}
}

/** Whether the store failed, as opposed to the request that was made of it. */
export const isStoreFault = (error: unknown): boolean => error instanceof SessionError && error.status === 503;
