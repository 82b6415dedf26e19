import type {IncomingMessage} from 'node:http';
import type {Context} from 'koa';
import {SessionError} from './errors.ts';
import {checkFunction, checkInteger, checkObject} from './options/checks.ts';
import {checkNames} from './options/names.ts';
import type {SessionName} from './records/session-name.ts';
import {checkName, checkOptionalText, checkWhose} from './request/arguments.ts';
import type {Device} from './request/exchange.ts';
import {addInertMembers} from './request/inert-members.ts';
import {SessionObject} from './request/session-object.ts';
import type {ChangeElsewhere} from './request/update-elsewhere.ts';
import type {Data} from './session.ts';
import type {Sessions} from './sessions.ts';
import type {SessionsApi} from './sessions-api.ts';
import {makeId} from './tokens/identifier.ts';
import type {Signer} from './tokens/signer.ts';
import {type Chain, nameOf} from './transports/chain.ts';

/** The part of a Koa application that is needed, whatever the types of its state and context. */
export type Application = Pick<import('koa'), 'keys' | 'createContext'> & {readonly context: object};

/** What the API is made from. */
export type ApiOptions = {
	readonly sessions: Sessions;
	readonly signer: Signer;
	readonly chain: Chain;
	readonly adopt: SessionsApi<Data>['adopt'];

	/** The device's side of a request. `undefined` without the option `deviceBound`. */
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
			const readable = {id: stored.id, isNew: false, isBound, subject, ...lifetimes};
			stored.abort();
			const members = Object.freeze(addInertMembers(readable, 'ERR_SESSION_READ_ONLY', readOnly));
			return Object.freeze(new SessionObject(members, data)) as never;
		},
		async create(data, options = {}) {
			checkObject('options', options, 'an object');
			checkNames(options, ['subject', 'permanent', 'idleTimeout', 'absoluteTimeout']);
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
			if ('handle' in options) {
				if ('keep' in options || 'except' in options) throw new TypeError(oneOrMany);
				return sessions.subjects.revokeOne(subject, checkName(options as SessionName));
			}
			checkNames(options, ['handle', 'except', 'keep']);
			const except = toName(options.except);
			if (!('keep' in options)) return sessions.subjects.revoke(subject, except);
			return sessions.subjects.keepRecent(subject, checkInteger('keep', options.keep, someSessions), except);
		},
		all: () => sessions.all.list(),
		async count(options: {readonly subject?: string} = {}) {
			checkObject('options', options, 'an object');
			checkNames(options, ['subject']);
			// Also if it is `undefined`: a visitor without a subject must not be taken for everybody.
			if (!('subject' in options)) return sessions.all.count();
			const subject = checkWhose(options.subject);
			return sessions.all.count(sessions.subjects.keysOf(subject), subject);
		},
		update: async (name, fn) => sessions.update(checkName(name), checkFunction('fn', fn) as ChangeElsewhere),
		updateAll: async (subject, fn) =>
			sessions.updateAll(checkWhose(subject), checkFunction('fn', fn) as ChangeElsewhere),
		destroy: async name => sessions.destroy(checkName(name)),
		async destroyAll(options = {}) {
			checkObject('options', options, 'an object');
			checkNames(options, ['except']);
			return sessions.all.destroy(toName(options.except));
		},
		prune: () => sessions.prune(),
		close: () => sessions.close(),
	};
};

const someSessions = {least: 1, most: Number.MAX_SAFE_INTEGER, what: 'a number of sessions, 1 or more'};

const oneOrMany =
	'Expected `handle` alone, which ends this one session, or `keep` and `except`, which say what stays. Call `revoke()` twice';

const toName = (except: unknown): SessionName | undefined => {
	const id = checkOptionalText('except', except);
	return id === undefined ? undefined : {id};
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
