import type {IncomingMessage} from 'node:http';
import type Koa from 'koa';
import type {Context} from 'koa';
import {SessionError} from './errors.ts';
import {checkObject} from './options/checks.ts';
import type {ListedSession} from './records/listed-session.ts';
import type {SessionName} from './records/session-name.ts';
import type {Adoption, OldSession} from './request/adoption.ts';
import {checkName, checkText, checkWhose} from './request/arguments.ts';
import {inertMembers} from './request/inert-members.ts';
import {SessionObject} from './request/session-object.ts';
import type {Data, DeclaredData, Session} from './session.ts';
import type {NewSession, Sessions} from './sessions.ts';
import {makeId} from './tokens/identifier.ts';
import type {Signer} from './tokens/signer.ts';
import {type Chain, nameOf} from './transports/chain.ts';

/** Sessions outside of a request: what the middleware can do beside serving one. */
export interface SessionsApi<Fields = DeclaredData> {
	/**
	Reads the session of a bare request, as of a WebSocket upgrade. Frozen; `undefined` if there is none.

	It is what the store has now: nothing is created, extended or told to the client.
	*/
	fromRequest(request: IncomingMessage): Promise<Readonly<Session<Fields>> | undefined>;

	/**
	Stores a session without a request, for tests and scripts.

	@returns Its id, its token, and `header`, which is the `Cookie` value to send.
	*/
	create(
		data: Fields,
		options?: NewSession,
	): Promise<{readonly id: string; readonly token: string; readonly header: string}>;

	/**
	Tells whether a session lives still, for what outlasts the request that opened it: a WebSocket, a stream of events.

	One read of the store, without decoding; extends nothing. `false` once the session expired or was ended, in whichever
	process, and for the old id of one that was regenerated.

	@throws SessionError While the store can't tell, also with `onStoreError: 'anonymous'`.

	@example
	import {WebSocket} from 'ws';

	declare const [sessions, id]: [import('koa-server-session').SessionsApi, string];
	declare const socket: WebSocket;
	if (!(await sessions.isAlive({id}))) socket.close(4401);
	*/
	isAlive(session: SessionName): Promise<boolean>;

	/**
	Carries on a session of another library, where the request brought none of ours. For middleware right behind this one.

	The session is stored before it resolves, and the client learns its token with the answer. `moving/koa-session` and its
	like are made of this; use it for sessions that none of them knows.
	@throws SessionError `ERR_SESSION_DUPLICATE` if both have the same cookie; `ERR_SESSION_RESERVED`; what `save()` throws.
	*/
	adopt(ctx: Context, old: OldSession<Fields>): Promise<Adoption>;

	/** Walks a subject's live sessions. @throws SessionError `ERR_SESSION_UNSUPPORTED` if the store keeps no index. */
	list(subject: string): AsyncIterable<ListedSession<Fields>>;

	/**
	Logs a subject out everywhere; resolves how many sessions ended. One that is regenerated at the same moment ends too.

	@param options `except`: the id of a stored session that stays. The new id of one just regenerated is stored by `save()`.
	Or `handle`: ends that one alone, if it is this subject's; whatever else it names, none ends. Needs no index.
	*/
	revoke(subject: string, options?: {readonly except?: string} | {readonly handle: string}): Promise<number>;

	/** Ends one session. Quiet if there is none. */
	destroy(session: SessionName): Promise<void>;

	/** Deletes expired records now, in batches; resolves how many. 0 where the store does so by itself. */
	prune(): Promise<number>;

	/** Closes what was opened here, and only that. Idempotent. */
	close(): Promise<void>;
}

/** What is needed of a Koa application, whatever its state and context are. */
export type Application = Pick<Koa, 'keys' | 'createContext'> & {readonly context: object};

/** What the API works with. */
export type ApiOptions = {
	readonly sessions: Sessions;
	readonly signer: Signer;
	readonly chain: Chain;
	readonly adopt: SessionsApi<Data>['adopt'];

	/** The application, as soon as it is known. */
	readonly findApp: () => Application | undefined;
};

/** Makes the API of an engine. */
export const createApi = ({sessions, signer, chain, adopt, findApp}: ApiOptions): SessionsApi<Data> => {
	const contextOf = (request?: IncomingMessage) => bareContext(findApp(), request);

	return {
		async fromRequest(request) {
			checkObject('request', request, 'an `http.IncomingMessage`');
			checkObject('request.headers', request.headers, 'the headers of a request');
			const ctx = contextOf(request);
			const stored = await sessions.read(chain.tokens(ctx));
			if (!stored) return undefined;

			const {permanent, subject, data} = stored.open();
			const facts = {id: stored.id, isNew: false, expiresAt: new Date(stored.record.expiresAt), permanent, subject};
			stored.abort();
			const members = Object.freeze(inertMembers(facts, 'ERR_SESSION_READ_ONLY', readOnly));
			return Object.freeze(new SessionObject(members, data)) as never;
		},
		async create(data, options = {}) {
			checkObject('options', options, 'an object');
			// A record whose token can't be made would only fill the store.
			const ctx = contextOf();
			const transport = chain.forResponse(ctx);
			const id = makeId();
			const token = signer.sign(id, nameOf(transport, ctx));
			const header = transport.format(ctx, token);
			await sessions.create(id, data, options);
			return {id, token, header};
		},
		isAlive: async name => sessions.isAlive(checkName(name)),
		adopt,
		list: subject => sessions.list(checkWhose(subject)),
		async revoke(subject, options = {}) {
			checkWhose(subject);
			checkObject('options', options, 'an object');
			// Also where it is `undefined`, as of a form without it: that names none, and must not end all.
			if ('handle' in options) return sessions.revokeOne(subject, checkName(options));
			const except = checkText('except', options.except);
			return sessions.revoke(subject, except === undefined ? undefined : {id: except});
		},
		destroy: async name => sessions.destroy(checkName(name)),
		prune: () => sessions.prune(),
		close: () => sessions.close(),
	};
};

const readOnly = 'The session of a bare request can only be read. Change it in a route, as `ctx.session`';

/** A context without a response, for transports that ask the context for their attributes. */
const bareContext = (app: Application | undefined, request: IncomingMessage = emptyRequest): Context => {
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
