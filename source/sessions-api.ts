import type {IncomingMessage} from 'node:http';
import type {Context} from 'koa';
import type {ListedSession} from './records/listed-session.ts';
import type {SessionName} from './records/session-name.ts';
import type {Adoption, OldSession} from './request/adoption.ts';
import type {DeclaredData, Session} from './session.ts';
import type {NewSession} from './sessions.ts';

/** A session that was stored without a request. */
export type CreatedSession = {
	readonly id: string;
	readonly token: string;

	/** The value of the `Cookie` header, or of the transport's own header. */
	readonly header: string;

	/** The same with the header's name, in lower case: `{cookie: 'sid=…'}`. */
	readonly headers: Readonly<Record<string, string>>;
};

/** Which sessions of a subject to end: all by default. */
export type RevokeOptions =
	| {readonly except?: string; readonly keep?: number; readonly handle?: never}
	| {readonly handle: string; readonly except?: never; readonly keep?: never};

/** What the middleware can do besides serving requests. */
export interface SessionsApi<Fields = DeclaredData> {
	/**
	Reads the session of a bare request, such as a WebSocket upgrade.

	The session is frozen, and shows what the store has now. Nothing is created, extended or sent to the client. In a route,
	`fromRequest(ctx.req)` sets `Vary`, as `ctx.session` does.

	@returns `undefined` if the request has no session. With `onStoreError: 'anonymous'`, also if the store fails: that looks
	like a logout, and only the event `store-error` says otherwise.
	@throws SessionError With status 503, if the store fails. `ERR_SESSION_UNSUPPORTED` before the first request of
	`session(options)`: use `session(app, options)`.
	*/
	fromRequest(request: IncomingMessage): Promise<Readonly<Session<Fields>> | undefined>;

	/**
	Stores a session without a request, for tests and scripts.

	@returns The id, the token, and what the client sends: `header` is the value of the `Cookie` header, or of the
	transport's own header, and `headers` has it under that header's name, for `fetch` and most test clients.
	@throws SessionError As `save()`, also with `onStoreError: 'anonymous'`, `ERR_SESSION_NO_KEYS`, and `ERR_SESSION_UNSUPPORTED`
	as `fromRequest()`.
	@throws TypeError RangeError For wrong arguments.
	*/
	create(data: Fields, options?: NewSession): Promise<CreatedSession>;

	/**
	Whether a session is still alive. For what outlasts the request that opened it: a WebSocket, or a stream of events.

	It costs one read of the store, without decoding, and extends nothing. `false` if the session has expired, if any
	process has ended it, or if the id is an old one of a regenerated session. It knows nothing of tokens, so taking away a
	signing key changes nothing here.

	@throws SessionError If the store fails, also with `onStoreError: 'anonymous'`.

	@example
	import {WebSocket} from 'ws';

	declare const [sessions, id]: [import('koa-server-session').SessionsApi, string];
	declare const socket: WebSocket;
	if (!(await sessions.isAlive({id}))) socket.close(4401);
	*/
	isAlive(session: SessionName): Promise<boolean>;

	/**
	Carries on a session of another library, unless the request has a token of this one. Call it in middleware right
	after this one.

	Resolves once the session is stored. The response carries its token. `fromKoaSession()` and the other ways to move in
	use this method; call it for sessions that none of them reads.
	@throws SessionError `ERR_SESSION_DUPLICATE` if both use the same cookie, `ERR_SESSION_RESERVED`, or as `save()`.
	*/
	adopt(ctx: Context, old: OldSession<Fields>): Promise<Adoption>;

	/**
	Lists a subject's live sessions. Those that this process can't decode are left out.

	@throws SessionError `ERR_SESSION_UNSUPPORTED` if the store keeps no index. With status 503 if the store fails.
	*/
	list(subject: string): AsyncIterable<ListedSession<Fields>>;

	/**
	Lists all live sessions, one read for each. Other requests have their turn in between.

	Sessions that begin or end during the walk may be in it or not. Redis may give one twice while its table of keys grows.
	Those that this process can't decode are left out.

	@throws SessionError `ERR_SESSION_UNSUPPORTED` if the store can't list its keys: memcached, and stores for
	express-session. With status 503 if the store fails.
	*/
	all(): AsyncIterable<ListedSession<Fields>>;

	/**
	Counts all live sessions, or those of a subject, by reading each.

	A session that gets a new id at this moment may count twice. So may any that Redis gives twice: see `all()`.

	@throws SessionError As `all()`, or as `list()` with a subject.
	*/
	count(options?: {readonly subject: string}): Promise<number>;

	/**
	Changes the data of one session from outside, such as when a role was taken away. Atomic, as `ctx.session.update()` is.

	`fn` gets the newest stored state and changes it in place. It runs again if another write was faster. A request that has
	the session at that time merges the change as that of another request. A session that got a new id is found by an old one
	for an hour. Nothing is extended, and no cookie is sent: longer timeouts take effect at the session's next use.

	@returns Whether the session lived. One that can't be decoded doesn't count; the event `undecodable` reports it.
	@throws SessionError Any error of a commit: see docs/errors.md.

	@example
	declare const [sessions, handle]: [import('koa-server-session').SessionsApi, string];
	await sessions.update({handle}, session => {
		session.role = 'reader';
	});
	*/
	update(session: SessionName, fn: (session: Session<Fields>) => unknown): Promise<boolean>;

	/**
	Changes all sessions of a subject, each as `update()` does.

	`fn` may run twice for a session that gets a new id at this moment. So let it set values, not count.

	@returns How many sessions lived.
	@throws SessionError As `list()` and `update()`. Sessions before the failing one are changed.
	*/
	updateAll(subject: string, fn: (session: Session<Fields>) => unknown): Promise<number>;

	/**
	Logs a subject out everywhere. A session that is regenerated at the same moment ends too.

	@param options `except`: the id of a stored session that stays. After `regenerate()`, call `save()` first: only then
	is the new id stored. If another request gave the session a new id before, it stays under that id; if one does so at
	this moment, the session may end. If several requests do this at once, each with its own session, exactly one session stays: the
	requests take turns, and one whose session has been ended in the meantime ends nothing. `handle`: ends only this
	session, and only if it is the subject's. That needs no index.

	`keep`: leaves this many sessions, those seen last, and `except` is one of them. Logins at the same time leave exactly
	that many if each has saved its session and passes it as `except`. If another session is just getting a new id, and its
	old id isn't dead yet when all have been read, it counts twice, so that one fewer stays. DynamoDB's index lags, so that
	one more may stay until the next login. Sessions that this process can't decode are neither counted nor ended.
	@returns How many sessions ended; one that is just getting a new id may count twice. Up to sixteen end at the same time.
	With `keep`, calls of one process at the same time share the work, and only one of them gets the number; the others get 0.
	@throws SessionError As `list()`, and if a session couldn't be ended. The others have ended then, unless the store failed.
	*/
	revoke(subject: string, options?: RevokeOptions): Promise<number>;

	/**
	Ends one session, whatever requests under way write. Does nothing if there is none.

	A session that got a new id is found by an old one for an hour.

	@throws SessionError With status 503, if the store fails. `ERR_SESSION_CONFLICT` if others kept writing it.
	*/
	destroy(session: SessionName): Promise<void>;

	/**
	Ends all sessions. They stay ended, whatever requests under way write, and also if they get a new id at this moment.

	Of two calls at the same time, each ends the session that the other one spares. Sessions that begin during the walk may
	stay. To end those too, replace the signing keys.

	@param options `except`: the id of a stored session that stays, such as the operator's own. After `regenerate()`, call
	`save()` first: only then is the new id stored. If another request gives the session a new id, it stays under that id; if
	one does so at the moment when the walk reads that id, the session may end.
	@returns How many sessions ended.
	@throws SessionError As `all()`.
	*/
	destroyAll(options?: {readonly except?: string}): Promise<number>;

	/** Deletes expired records now, in batches. Resolves to how many: 0 if the store deletes them automatically. */
	prune(): Promise<number>;

	/**
	Closes the store if the middleware opened it, which is when the option `store` was a URL. Idempotent.

	Calls under way end first, and later ones reject. `memory:` and `file:` hold nothing open, so they go on. Before the store
	is first used, there is nothing to close: then the next call opens it.

	Close a store that you made or opened yourself with its own `close()`: other sessions may be kept there too.

	@example
	import session from 'koa-server-session';

	const sessions = session(app, {store: 'redis://127.0.0.1:6379'});
	await sessions.close();
	*/
	close(): Promise<void>;
}
