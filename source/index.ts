export {
	type Codec,
	type Context,
	codec,
	type Envelope,
	type Flashes,
	type Layer,
	type Passage,
	pair,
	type Stored,
} from './codec.ts';
export {json} from './codecs/json.ts';
export type {Adoption, OldContent, OldSession} from './engine/adoption.ts';
export type {Data} from './engine/record.ts';
export {SessionError, type SessionErrorCode} from './errors.ts';
export {observe, type SessionEvent, type SessionEventName, type SessionEvents} from './events.ts';
export type {ListedSession} from './listed-session.ts';
export {type SessionMiddleware, session as default, session} from './middleware.ts';
export type {Duration} from './options/duration.ts';
export type {SessionOptions} from './options.ts';
export type {
	DeclaredData,
	DeclaredMessages,
	FlashMessage,
	FlashMessages,
	Keep,
	Session,
	SessionData,
	SessionMembers,
	Unreserved,
} from './session.ts';
export type {SessionContext} from './session-context.ts';
export type {SessionName} from './session-name.ts';
export type {NewSession} from './sessions.ts';
export type {Application, SessionsApi} from './sessions-api.ts';
export type {KeyList, KeySet, Keys} from './signer.ts';
export type {Store, StoredRecord, StoreRecord, Version} from './store.ts';
export {NullStore} from './stores/null.ts';
export type {TokenLife, Transport} from './transport.ts';
export type {CookieOptions} from './transports/cookie-attributes.ts';
