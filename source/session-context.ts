import type {DeclaredData, Session, SessionData} from './session.ts';

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
