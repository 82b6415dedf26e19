// The middleware and its options.
export type {Application} from './api.ts';
export {type SessionMiddleware, session as default, session} from './middleware.ts';
export type {Duration} from './options/duration.ts';
export type {DeviceBoundOptions, SessionOptions} from './options.ts';
export type {ListedSession} from './records/listed-session.ts';
export type {SessionName} from './records/session-name.ts';
export type {NewSession} from './sessions.ts';
export type {CreatedSession, RevokeOptions, SessionsApi} from './sessions-api.ts';
export type {KeyList, KeySet, Keys} from './tokens/signer.ts';

// What a route sees.
export type {
	Callback,
	Data,
	DeclaredData,
	DeclaredMessages,
	FlashMessage,
	FlashMessages,
	Keep,
	Session,
	SessionContext,
	SessionData,
	SessionMembers,
	Unreserved,
} from './session.ts';

// Errors and events.
export {SessionError, type SessionErrorCode} from './errors.ts';
export {
	type BindStep,
	observe,
	type SessionEvent,
	type SessionEventName,
	type SessionEvents,
	type StoreCall,
	type StoreCallResult,
} from './events.ts';

// For writing a store.
export {
	type ReadOptions,
	type SessionRecord,
	type Store,
	toVersion,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from './store.ts';
export {NullStore} from './stores/null.ts';

// For writing a codec.
export {
	type Binding,
	type Codec,
	type CodecContext,
	codec,
	type Envelope,
	type Flashes,
	type Layer,
	type Passage,
	pair,
	type Stored,
} from './codec.ts';
export {json} from './codecs/json.ts';

// For writing a transport, and for moving in from another library.
export type {Adoption, OldContent, OldSession} from './request/adoption.ts';
export type {TokenLife, Transport} from './transport.ts';
export type {CookieOptions} from './transports/cookie-attributes.ts';
