import type {IncomingMessage} from 'node:http';
import type Koa from 'koa';
import type {Context} from 'koa';
import type {Adoption, OldSession} from './engine/adoption.ts';
import {inertMembers} from './engine/inert-session.ts';
import type {Data} from './engine/record.ts';
import {SessionError} from './errors.ts';
import {makeId} from './identifier.ts';
import type {Session} from './session.ts';
import {SessionObject} from './session-object.ts';
import type {ListedSession, NewSession, SessionName, Sessions} from './sessions.ts';
import type {Signer} from './signer.ts';
import type {Transport} from './transport.ts';
import {carrierName} from './transports/koa-exchange.ts';

/** Sessions outside of a request: what the middleware can do beside serving one. */
export interface SessionsApi<SessionData = Data> {
	/** Reads the session of a bare request, as of a WebSocket upgrade. Frozen; `undefined` if there is none. */
	fromRequest(request: IncomingMessage): Promise<Readonly<Session<SessionData>> | undefined>;

	/**
	Stores a session without a request, for tests and scripts.

	@returns Its id, its token, and `header`, which is the `Cookie` value to send.
	*/
	create(
		data: SessionData,
		options?: NewSession,
	): Promise<{readonly id: string; readonly token: string; readonly header: string}>;

	/**
	Carries on a session of another library, where the request brought none of ours. For middleware right behind this one.

	The session is stored before it resolves, and the client learns its token with the answer. `moving/koa-session` and its
	like are made of this; use it for sessions that none of them knows.
	@throws SessionError `ERR_SESSION_DUPLICATE` if both have the same cookie; `ERR_SESSION_RESERVED`; what `save()` throws.
	*/
	adopt(ctx: Context, old: OldSession<SessionData>): Promise<Adoption>;

	/** Walks a subject's live sessions. @throws SessionError `ERR_SESSION_UNSUPPORTED` if the store keeps no index. */
	list(subject: string): AsyncIterable<ListedSession<SessionData>>;

	/**
	Logs a subject out everywhere; resolves how many sessions ended. One that is regenerated at the same moment ends too.

	@param options `except`: the id of a stored session that stays. The new id of one just regenerated is stored by `save()`.
	*/
	revoke(subject: string, options?: {readonly except?: string}): Promise<number>;

	/** Ends one session. Quiet if there is none. */
	destroy(session: SessionName): Promise<void>;

	/** Deletes expired records now, in batches; resolves how many. 0 where the store does so by itself. */
	prune(): Promise<number>;

	/** Closes what was opened here, and only that. Idempotent. */
	close(): Promise<void>;
}

/** What the API works with. */
export type ApiOptions = {
	readonly sessions: Sessions;
	readonly signer: Signer;
	readonly transport: Transport;
	readonly adopt: SessionsApi['adopt'];

	/** The application, as soon as it is known. */
	readonly findApp: () => Koa | undefined;
};

/** Makes the API of an engine. */
export const createApi = ({sessions, signer, transport, adopt, findApp}: ApiOptions): SessionsApi => {
	const contextOf = (request?: IncomingMessage) => bareContext(findApp(), request);

	return {
		async fromRequest(request) {
			const ctx = contextOf(request);
			const stored = await sessions.read(transport.read(ctx), carrierName(transport, ctx));
			if (!stored) return undefined;

			const {permanent, subject, data} = stored.lend();
			const facts = {id: stored.id, isNew: false, expiresAt: new Date(stored.record.expiresAt), permanent, subject};
			stored.abort();
			const members = Object.freeze(inertMembers(facts, 'ERR_SESSION_READ_ONLY', readOnly));
			return Object.freeze(new SessionObject(members, data)) as never;
		},
		async create(data, options = {}) {
			// A record whose token can't be made would only fill the store.
			const ctx = contextOf();
			const id = makeId();
			const token = signer.sign(id, carrierName(transport, ctx));
			const header = transport.format(ctx, token);
			await sessions.create(id, data, options);
			return {id, token, header};
		},
		adopt,
		list: subject => sessions.list(subject),
		revoke: (subject, {except} = {}) => sessions.revoke(subject, except),
		destroy: name => sessions.destroy(name),
		prune: () => sessions.prune(),
		close: () => sessions.close(),
	};
};

const readOnly = 'The session of a bare request can only be read. Change it in a route, as `ctx.session`';

/** A context without a response, for transports that ask the context for their attributes. */
const bareContext = (app: Koa | undefined, request: IncomingMessage = emptyRequest): Context => {
	if (app) {
		// Not imported: see `statusOf` in the middleware.
		const {ServerResponse} = process.getBuiltinModule('node:http');
		return app.createContext(request, new ServerResponse(request));
	}

	throw new SessionError(
		'ERR_SESSION_UNSUPPORTED',
		'Expected to know the application before its first request. Use `session(app, options)`',
	);
};

const emptyRequest = {headers: {}, method: 'GET', url: '/', socket: {}} as IncomingMessage;
