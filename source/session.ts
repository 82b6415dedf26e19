import type {Duration} from './options/duration.ts';

/** Application data of a session. */
export type Data = Record<string, unknown>;

/**
The fields of an application's sessions. Empty here: the application declares them once, for all of its files.

`ctx.session` is then typed wherever Koa types its context. Make a field optional if a new session doesn't have it yet.
If you declare none, sessions hold anything under any name. `session<Fields>()` types a single middleware instead.

@example
import 'koa-server-session';

declare module 'koa-server-session' {
	interface SessionData {
		user?: string;
		cart?: string[];
	}
}
*/
export interface SessionData extends Nothing {}

/** An empty interface has to extend something. This adds nothing. */
type Nothing = object;

/** The fields of sessions without a type of their own: those of `SessionData`, or any if it is empty. */
export type DeclaredData = keyof SessionData extends never ? Data : Checked<SessionData>;

/** Fields without the name of a session's member. */
export type Unreserved = object & {readonly [Name in keyof SessionMembers]?: never};

/** Its text appears in compiler errors wherever the session is used. */
type Checked<Fields> = Fields extends Unreserved
	? Fields
	: {readonly 'Choose other names for what belongs to `ctx.session` itself': keyof Fields & keyof SessionMembers};

/**
The kinds of flash messages and what each holds. Empty here: the application declares them. If it declares none, any
kind holds any JSON.

@example
import 'koa-server-session';

declare module 'koa-server-session' {
	interface FlashMessages {
		info: string;
		invalid: {field: string; reason: string};
	}
}
*/
export interface FlashMessages extends Nothing {}

/** What a flash message of each kind holds. */
export type DeclaredMessages = keyof FlashMessages extends never ? Record<string, FlashMessage> : FlashMessages;

/** What a flash message may be if `FlashMessages` is empty. */
export type FlashMessage =
	| string
	| number
	| boolean
	| null
	| readonly FlashMessage[]
	| {readonly [name: string]: FlashMessage};

/** Which data a regenerated session keeps: all, only these top-level names, or none. */
export type Keep<Fields = Data> = boolean | readonly (keyof Fields & string)[];

/** For libraries without promises: called when something is done, or with the error. */
export type Callback = (error?: unknown) => void;

/**
The members of `ctx.session` besides its data. No data can have one of their names.

Only `permanent`, `idleTimeout`, `absoluteTimeout` and `subject` can be assigned. Assigning any other member throws.
*/
export interface SessionMembers<Fields = Data> {
	/** The session's id, made on first use. `regenerate()` and `destroy()` change it. Keep it secret. */
	readonly id: string;

	/** The session's public name, as in `sessions.list()`. It opens no session, so a page may show it. */
	readonly handle: string;

	/** Nothing is stored under this id yet. */
	readonly isNew: boolean;

	/**
	Whether this request is proved by the key in the user's device. Demand it for dangerous routes.

	Always `false` without the option `deviceBound`, and in a browser that has no such keys.
	*/
	readonly isBound: boolean;

	/** When the session began, or was last regenerated with `restart`. The absolute timeout counts from here. */
	readonly createdAt: Date;

	/**
	When the session was last used before this request, accurate to within the option `touchAfter`: a tenth of the session's
	own `idleTimeout` unless set.
	*/
	readonly lastSeenAt: Date;

	/** When the session expires, by its idle or its absolute timeout. For a new session, it is counted from now. */
	readonly expiresAt: Date;

	/** `false`: the cookie ends with the browser ("remember me" left unticked). Saved with the data. */
	permanent: boolean;

	/**
	The session's own idle timeout, in milliseconds, such as for "remember me" or a kiosk. `undefined`: the option's.

	A duration, for example `'30d'`: 1 second to 10 years. Saved with the data; the response sends the cookie again. It
	starts from the time of that request. `regenerate()` keeps it, unless `keep` drops data.

	If it is longer than the option `absoluteTimeout`, set the session's `absoluteTimeout` too. Otherwise the commit fails
	with a `RangeError`, since the session would end earlier.
	@example
	import session from 'koa-server-session';

	app.use(session(app, {store: 'file:./sessions'}));
	app.use(ctx => {
		ctx.session.idleTimeout = '30d';
		ctx.session.absoluteTimeout = '90d';
	});
	*/
	get idleTimeout(): number | undefined;
	set idleTimeout(timeout: Duration | undefined);

	/** The session's own absolute timeout, in milliseconds. See `idleTimeout`. It may be `Infinity`. */
	get absoluteTimeout(): number | undefined;
	set absoluteTimeout(timeout: Duration | undefined);

	/** Whose session it is, for `sessions.list()` and `sessions.revoke()`. Up to 255 characters. `undefined` to unset. */
	subject: string | undefined;

	/**
	Gives the session a new id at commit. `id` shows it immediately. Call it wherever rights change, for example at login.

	The old id is dead after the commit. `keep: false` drops the data, and `keep: ['cart']` drops everything except the
	cart; both unset the subject and the session's own timeouts, and `permanent` is the option's again. Takes effect even if
	the request fails.

	If the headers are sent before the commit, the session is ended instead. If the response can't carry a cookie at all,
	the session stays under its old id, without this request's changes and without what `keep` drops; if `keep` leaves no
	data, it ends. Such responses are those to an upgrade, to `OPTIONS`, to a client that has gone, and over plain HTTP if
	the cookie is `secure`. If the client goes at the last moment, the session may end.

	`restart: true` also starts the absolute timeout again, such as for a login in a session that began as an anonymous cart.
	`keep: false` implies it: nothing of the previous session is left.

	If the request came with an old id of the session, or without a proof that it needs, a new, empty session begins, so that
	the client can log in.

	@default keep: true, restart: false
	@see https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
	*/
	regenerate(options?: {readonly keep?: Keep<Fields>; readonly restart?: boolean}): Promise<void>;

	/**
	Regenerates as in express-session, for libraries such as Passport: `ctx.session` becomes a new, empty object.

	The previous object keeps its data, so that it can be copied. Data that you write to it is not stored; its `subject` and
	its other members are those of the new one.
	*/
	regenerate(callback: Callback): void;

	/**
	Keeps a message for the next page that asks for its kind, however many redirects later.

	Any number of messages wait, in order. Parallel requests lose none. A message is stored like data, so it starts a
	session if there is none. `ctx.session = {…}` leaves it. Ending the session drops it, and so does
	`regenerate({keep: …})`.
	*/
	flash<Kind extends keyof DeclaredMessages & string>(kind: Kind, message: DeclaredMessages[Kind]): void;

	/**
	Takes the messages of a kind, oldest first. They don't come again, unless this request fails with 500 or above.

	If there are none, it costs nothing and stores nothing. If two requests ask at the same moment, both get them; within
	`update()`, only one does.
	*/
	flashes<Kind extends keyof DeclaredMessages & string>(kind: Kind): DeclaredMessages[Kind][];

	/**
	Commits now, cookie included. Call it before you start a stream, or before something that may fail.

	Writes nothing if nothing changed. Later changes are committed at the end of the request. Changes after that commit,
	such as in a stream, are saved when the response is over, if the session exists. Otherwise they are dropped, and so is
	a new session whose cookie can't be sent; the event `lost` says why.
	@throws SessionError Any error of a commit: see docs/errors.md.
	*/
	save(): Promise<void>;

	/** Commits now, then calls the callback. */
	save(callback: Callback): void;

	/**
	Changes the session atomically, however many requests do so at once.

	`fn` gets the newest stored state and changes it in place. It runs again on a newer state until its write wins, so it
	should do nothing else. Resolves to what `fn` returns. Afterwards `ctx.session` shows the result. Unsaved changes of
	this request stay, unsaved. A session that isn't stored yet is stored.

	@throws SessionError `ERR_SESSION_DESTROYED` if the session was ended or got a new id, `ERR_SESSION_CONFLICT` if no write
	won.
	*/
	update<Result>(fn: (session: Session<Fields>) => Result | Promise<Result>): Promise<Result>;

	/**
	Ends the session. `ctx.session = null` does the same at commit.

	Wins over every parallel request. Afterwards `ctx.session` is empty, and writing to it starts a new session with a new
	id. If nothing was stored, it only empties `ctx.session`. Takes effect even if the request fails.
	*/
	destroy(): Promise<void>;

	/** Ends the session, then calls back. */
	destroy(callback: Callback): void;
}

/** What `ctx.session` is: the application's data as plain properties, and the members. */
export type Session<Fields = DeclaredData> = Fields & SessionMembers<Fields>;

/** What the middleware adds to the context. */
export type SessionContext<Fields = DeclaredData> = {
	get session(): Session<Fields>;

	/** An object replaces the data; `null` ends the session. */
	set session(data: Fields | null);
};

/** Empty until the application declares `SessionData`. Until then, Koa's index signature types `ctx.session` as `any`. */
type DeclaredContext = keyof SessionData extends never ? object : SessionContext;

declare module 'koa' {
	/** The context of an application without a context type of its own. Others are typed by `app.use(session(app))`. */
	interface DefaultContext extends DeclaredContext {}
}
