/** Application data of a session. */
export type Data = Record<string, unknown>;

/**
What an application keeps in its sessions. Empty here, for the application to say it, once for all of its files:

`ctx.session` is then typed wherever Koa types its context. Say optional what a new session hasn't got yet. Left empty,
sessions hold anything under any name. `session<Fields>()` says it for one middleware instead.

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

/** An interface is to extend something; this adds nothing to it. */
type Nothing = object;

/** The fields of sessions for which none are named: `SessionData`, or any, if it is left empty. */
export type DeclaredData = keyof SessionData extends never ? Data : Checked<SessionData>;

/** Fields that don't have the name of a session's member. */
export type Unreserved = object & {readonly [Name in keyof SessionMembers]?: never};

/** Named in the errors of a compiler, wherever the session is used. */
type Checked<Fields> = Fields extends Unreserved
	? Fields
	: {readonly 'Choose other names for what belongs to `ctx.session` itself': keyof Fields & keyof SessionMembers};

/**
The kinds of flash messages and what each holds. Empty here, for the application to say it. Left empty: any kind, of JSON.

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

/** What a flash message of a kind holds. */
export type DeclaredMessages = keyof FlashMessages extends never ? Record<string, FlashMessage> : FlashMessages;

/** What a flash message may be, unless `FlashMessages` says it. */
export type FlashMessage =
	| string
	| number
	| boolean
	| null
	| readonly FlashMessage[]
	| {readonly [name: string]: FlashMessage};

/** Which data a regenerated session keeps: all, only some top-level names, or none. */
export type Keep<Fields = Data> = boolean | readonly (keyof Fields & string)[];

/** How libraries without promises are told that something is done, or why it isn't. */
export type Callback = (error?: unknown) => void;

/** What `ctx.session` can do beside holding data. These names are reserved: assigning one throws. */
export interface SessionMembers<Fields = Data> {
	/** The session's id. Made on first use; another one after `regenerate()` and after `destroy()`. Keep it secret. */
	readonly id: string;

	/** Names the session as `sessions.list()` does: the id's hash. Safe to show in a page, since it opens nothing. */
	readonly handle: string;

	/** Nothing is stored under this id yet. */
	readonly isNew: boolean;

	/** The nearer of idle and absolute expiry, as if the session were extended now where it is new. */
	readonly expiresAt: Date;

	/** `true`: the cookie outlives the browser. `false`: it doesn't ("remember me" left unticked). Saved with the data. */
	permanent: boolean;

	/** Whose session it is, for `sessions.list()` and `sessions.revoke()`. Up to 255 characters. `undefined` to unset. */
	subject: string | undefined;

	/**
	Gives the session a new id at commit; `id` tells it at once. Call it wherever rights change, as at login.

	The old id is dead from then on. `keep: false` drops the data, `keep: ['cart']` all but the cart; both unset the subject.
	Kept for a request that fails. Where no cookie can be sent any more, the session is ended instead.

	@default keep: true
	@see https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
	*/
	regenerate(options?: {readonly keep?: Keep<Fields>}): Promise<void>;

	/**
	Regenerates as express-session does, for libraries made for it, as Passport: `ctx.session` is another, empty object.

	The object of before keeps its data, for whoever wants to copy of it; what is written there is not stored.
	*/
	regenerate(callback: Callback): void;

	/**
	Keeps a message for the page that next asks for its kind, however many redirects later.

	Any number wait, in order; none is lost where requests flash at once. Stored as data is, and so makes a session of an
	anonymous one. `ctx.session = {…}` leaves it, what ends the session and `regenerate({keep: …})` drop it.
	*/
	flash<Kind extends keyof DeclaredMessages & string>(kind: Kind, message: DeclaredMessages[Kind]): void;

	/**
	Takes the messages of a kind, the oldest first: they won't come again, unless this request fails with 500 or above.

	Without any, it costs nothing and stores nothing. Two requests that ask at the same moment both get them; within
	`update()` only one of them does.
	*/
	flashes<Kind extends keyof DeclaredMessages & string>(kind: Kind): DeclaredMessages[Kind][];

	/**
	Commits now, cookie included: before a stream starts, or where what follows may fail.

	Writes nothing if nothing changed. Later changes are committed as usual.
	@throws SessionError What a commit throws: see the table of errors.
	*/
	save(): Promise<void>;

	/** Commits now, and tells a callback. */
	save(callback: Callback): void;

	/**
	Changes the session exactly, however many requests do so at once.

	`fn` gets the newest stored state, changes it in place, and is run again on a newer one until its write wins; so it
	should do nothing else. Resolves with what `fn` returns. Afterwards `ctx.session` shows the result; unsaved changes of
	this request stay, unsaved. A session not stored yet is stored.

	@throws SessionError `ERR_SESSION_DESTROYED` if the session was ended, `ERR_SESSION_CONFLICT` if it never won.
	*/
	update<Result>(fn: (session: Session<Fields>) => Result | Promise<Result>): Promise<Result>;

	/**
	Ends the session; `ctx.session = null` does the same at commit.

	Wins over every parallel request. Afterwards `ctx.session` is empty, and writing to it starts a new session with a
	new id. Quiet if nothing was stored. Kept for a request that fails.
	*/
	destroy(): Promise<void>;

	/** Ends the session, then calls back. */
	destroy(callback: Callback): void;
}

/** What `ctx.session` is: the application's data as plain properties, and the members. */
export type Session<Fields = DeclaredData> = Fields & SessionMembers<Fields>;

/** What a session puts on the context. */
export type SessionContext<Fields = DeclaredData> = {
	get session(): Session<Fields>;

	/** An object replaces the data; `null` ends the session. */
	set session(data: Fields | null);
};

/** Empty until the application declares `SessionData`: an untyped session is as Koa has it, any property of the context. */
type DeclaredContext = keyof SessionData extends never ? object : SessionContext;

declare module 'koa' {
	/** The context of an application that names none of its own. Others get theirs by `app.use(session(app))`. */
	interface DefaultContext extends DeclaredContext {}
}
