import type {IncomingMessage} from 'node:http';
import type {Context} from 'koa';
import {SessionError} from './errors.ts';
import {checkObject} from './options/checks.ts';
import type {ListedSession} from './records/listed-session.ts';
import type {SessionName} from './records/session-name.ts';
import type {Adoption, OldSession} from './request/adoption.ts';
import {checkName, checkText, checkWhose} from './request/arguments.ts';
import type {Device} from './request/exchange.ts';
import {inertMembers} from './request/inert-members.ts';
import {SessionObject} from './request/session-object.ts';
import type {Data, DeclaredData, Session} from './session.ts';
import type {NewSession, Sessions} from './sessions.ts';
import {makeId} from './tokens/identifier.ts';
import type {Signer} from './tokens/signer.ts';
import {type Chain, nameOf} from './transports/chain.ts';

/** A session that was stored without a request. */
export type CreatedSession = {
	readonly id: string;
	readonly token: string;

	/** The value of the `Cookie` header, or of the transport's own header. */
	readonly header: string;

	/** The same with the header's name, in lower case: `{cookie: 'sid=…'}`. */
	readonly headers: Readonly<Record<string, string>>;
};

/** What the middleware can do besides serving requests. */
export interface SessionsApi<Fields = DeclaredData> {
	/**
	Reads the session of a bare request, such as a WebSocket upgrade.

	The session is frozen, and shows what the store has now. Nothing is created, extended or sent to the client. In a route,
	`fromRequest(ctx.req)` sets `Vary`, as `ctx.session` does.

	@returns `undefined` if the request has no session.
	*/
	fromRequest(request: IncomingMessage): Promise<Readonly<Session<Fields>> | undefined>;

	/**
	Stores a session without a request, for tests and scripts.

	@returns The id, the token, and what the client sends: `header` is the value of the `Cookie` header, or of the
	transport's own header, and `headers` has it under that header's name, for `fetch` and most test clients.
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

	/** Lists a subject's live sessions. @throws SessionError `ERR_SESSION_UNSUPPORTED` if the store keeps no index. */
	list(subject: string): AsyncIterable<ListedSession<Fields>>;

	/**
	Logs a subject out everywhere. A session that is regenerated at the same moment ends too.

	@param options `except`: the id of a stored session that stays. After `regenerate()`, call `save()` first: only then
	is the new id stored. If several requests do this at once, each with its own session, exactly one session stays: the
	requests take turns, and one whose session has been ended in the meantime ends nothing. `handle`: ends only this
	session, and only if it is the subject's. That needs no index.
	@returns How many sessions ended.
	*/
	revoke(subject: string, options?: {readonly except?: string} | {readonly handle: string}): Promise<number>;

	/** Ends one session. Does nothing if there is none. */
	destroy(session: SessionName): Promise<void>;

	/** Deletes expired records now, in batches. Resolves to how many: 0 if the store deletes them automatically. */
	prune(): Promise<number>;

	/**
	Closes the store if the middleware opened it, which is when the option `store` was a URL. Idempotent.

	Close a store that you made or opened yourself with its own `close()`: other sessions may be kept there too.

	@example
	import session from 'koa-server-session';
	import {open} from 'koa-server-session/stores/open';

	const byUrl = session(app, {store: 'redis://127.0.0.1:6379'});
	await byUrl.close();

	const store = await open('redis://127.0.0.1:6379');
	const [shop, admin] = [session(app, {store}), session(app, {store, property: 'admin', cookie: {name: 'admin'}})];
	await store.close?.();
	*/
	close(): Promise<void>;
}

/** The part of a Koa application that is needed, whatever the types of its state and context. */
export type Application = Pick<import('koa'), 'keys' | 'createContext'> & {readonly context: object};

/** What the API is made from. */
export type ApiOptions = {
	readonly sessions: Sessions;
	readonly signer: Signer;
	readonly chain: Chain;
	readonly adopt: SessionsApi<Data>['adopt'];

	/** What a request brings of its user's device. `undefined` without the option `deviceBound`. */
	readonly deviceOf: (ctx: Context) => Promise<Device | undefined>;

	/** Says in `Vary` of the response to a request that it depends on the session. Does nothing if no context serves it. */
	readonly vary: (request: IncomingMessage) => void;

	/** The application, as soon as it is known. */
	readonly findApp: () => Application | undefined;
};

/** Makes the API of one middleware. */
export const createApi = ({sessions, signer, chain, deviceOf, adopt, vary, findApp}: ApiOptions): SessionsApi<Data> => {
	const contextOf = (request?: IncomingMessage) => bareContext(findApp(), request);

	return {
		async fromRequest(request) {
			checkObject('request', request, 'an `http.IncomingMessage`');
			checkObject('request.headers', request.headers, 'the headers of a request');
			vary(request);
			const ctx = contextOf(request);
			const found = await sessions.read(chain.tokens(ctx), await deviceOf(ctx));
			if (!found) return undefined;

			const {stored, isBound} = found;
			const {permanent, idleTimeout, absoluteTimeout, subject, data} = stored.open();
			const lifetimes = {...sessions.datesOf(stored), permanent, idleTimeout, absoluteTimeout};
			const facts = {id: stored.id, isNew: false, isBound, subject, ...lifetimes};
			stored.abort();
			const members = Object.freeze(inertMembers(facts, 'ERR_SESSION_READ_ONLY', readOnly));
			return Object.freeze(new SessionObject(members, data)) as never;
		},
		async create(data, options = {}) {
			checkObject('options', options, 'an object');
			// First the token: a record without one would only fill the store.
			const ctx = contextOf();
			const transport = chain.forResponse(ctx);
			const id = makeId();
			const token = signer.sign(id, nameOf(transport, ctx));
			const header = transport.format(ctx, token);
			await sessions.create(id, data, options);
			return {id, token, header, headers: {[transport.vary.toLowerCase()]: header}};
		},
		isAlive: async name => sessions.isAlive(checkName(name)),
		adopt,
		list: subject => sessions.subjects.list(checkWhose(subject)),
		async revoke(subject, options = {}) {
			checkWhose(subject);
			checkObject('options', options, 'an object');
			// Also if it is `undefined`, such as from a form without this field. That is refused; it must not end all.
			if ('handle' in options) return sessions.subjects.revokeOne(subject, checkName(options));
			const except = checkText('except', options.except);
			return sessions.subjects.revoke(subject, except === undefined ? undefined : {id: except});
		},
		destroy: async name => sessions.destroy(checkName(name)),
		prune: () => sessions.prune(),
		close: () => sessions.close(),
	};
};

const readOnly = 'The session of a bare request is read-only. Change it in a route, as `ctx.session`';

/** A context whose response is never sent, for transports whose attributes depend on the context. */
const bareContext = (app: Application | undefined, request: IncomingMessage = emptyRequest): Context => {
	if (app) {
		// Not imported: see `isClientError` in the middleware.
		const {ServerResponse} = process.getBuiltinModule('node:http');
		return app.createContext(request, new ServerResponse(request));
	}

	throw new SessionError(
		'ERR_SESSION_UNSUPPORTED',
		'The application is not known before its first request. Use `session(app, options)`',
	);
};

const emptyRequest = {headers: {}, method: 'GET', url: '/', socket: {}} as IncomingMessage;
