import {SessionError} from '../errors.ts';

/** Another process wrote a record that this one can't read, so they can't be merged. */
export const unreadable = () =>
	new SessionError(
		'ERR_SESSION_CONFLICT',
		'Another request stored the session in a form that this process cannot read, so nothing was written over it. ' +
			'List the same codecs everywhere, and deploy a new one for reading before it writes',
	);

/** `update()` has no session to start from. */
export const destroyed = () =>
	new SessionError(
		'ERR_SESSION_DESTROYED',
		'The session was ended or got a new id, by this request or another one, so `update()` has nothing to change. Treat the visitor as logged out',
	);

/** A logout found nothing under the id that its request read long ago. */
export const untraceable = () =>
	new SessionError(
		'ERR_SESSION_CONFLICT',
		"The session isn't under the id that this request read long ago. Whether it ended or has another id is not known any more, so it may live on. Log out again with the cookie that the browser has now",
	);

/** `update()` has no session to start from, because the one of the request is bound to a device that hasn't proved its key. */
export const unproven = () =>
	new SessionError(
		'ERR_SESSION_UNPROVEN',
		"The session is bound to its user's device, and this request has no valid proof of that, so `update()` has nothing " +
			'to change. Treat the visitor as logged out: `regenerate()` starts another session',
	);

/** The store failed when the request began, so its session is empty. The error of the call itself is `GuardedStore`'s. */
export const unavailable = (cause: unknown) =>
	new SessionError(
		'ERR_SESSION_STORE',
		'The session could not be loaded, so it can be neither saved nor ended. Try again when the store is back',
		{cause},
	);

/** Two equal ids of 32 random bytes are too unlikely, so the store is to blame. */
export const idTaken = () =>
	new SessionError(
		'ERR_SESSION_STORE',
		'The session was not stored, because `create()` of the store refused a random id as taken. ' +
			'Check the store with `koa-server-session/testing`',
	);

/** The codec returned no bytes for a new session that must be stored. */
export const nothingKept = () =>
	new SessionError(
		'ERR_SESSION_NOT_ENCODABLE',
		'The session was not stored, because the codec kept nothing of it. Let the codec return bytes for it',
	);

/** The function given to `update()` itself changes the session each time it runs. */
export const changedWithin = (runs: number) =>
	new SessionError(
		'ERR_SESSION_CONFLICT',
		`The same request changed the session while \`update()\` ran, ${runs} times in a row. ` +
			'Call no `update()`, `save()` or `regenerate()` within its function',
	);

/** An error for each of several callers: Koa and applications give errors a status and headers. */
export const ownError = (error: unknown): unknown =>
	error instanceof SessionError ? new SessionError(error.code, error.message, {cause: error.cause}) : error;
