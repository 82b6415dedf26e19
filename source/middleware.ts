import type Koa from 'koa';
import type {Context, Next} from 'koa';
import {attach, type ContextProperty, defineProperty, reserve} from './context-property.ts';
import type {Origin} from './engine/holding.ts';
import type {Data} from './engine/record.ts';
import type {Transaction} from './engine/transaction.ts';
import {unexpected} from './options/checks.ts';
import {type ResolvedOptions, resolveOptions} from './options/resolve.ts';
import type {SessionOptions} from './options.ts';
import type {Session} from './session.ts';
import {Sessions} from './sessions.ts';
import {createApi, type SessionsApi} from './sessions-api.ts';
import {signed, unsigned} from './signer.ts';
import {isError, KoaExchange} from './transports/koa-exchange.ts';

/** What a session puts on the context. */
export type SessionContext<SessionData = Data> = {
	get session(): Session<SessionData>;

	/** An object replaces the data; `null` ends the session. */
	set session(data: SessionData | null);
};

/** The middleware, which is also the way to sessions outside of a request. */
export type SessionMiddleware<SessionData = Data> = Koa.Middleware<Koa.DefaultState, SessionContext<SessionData>> &
	SessionsApi<SessionData>;

/**
Makes the middleware that gives each request its session as `ctx.session`.

Put it before everything that uses the session, and behind what never does, as static files and health checks.

@param app The application: for its `keys`, and so that mistakes are found at start-up.
@throws TypeError RangeError For options that can't work.
@throws SessionError `ERR_SESSION_NO_KEYS`, `ERR_SESSION_DUPLICATE`, `ERR_SESSION_STORE_URL`.

@example
import Koa from 'koa';
import session from 'koa-server-session';

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: 'file:./sessions'}));
app.use(ctx => {
	ctx.session.views = (ctx.session.views ?? 0) + 1;
	ctx.body = `view ${ctx.session.views}`;
});
*/
export function session<SessionData extends object = Data>(
	app: Koa,
	options?: SessionOptions<SessionData>,
): SessionMiddleware<SessionData>;
export function session<SessionData extends object = Data>(
	options?: SessionOptions<SessionData>,
): SessionMiddleware<SessionData>;
export function session(appOrOptions?: Koa | SessionOptions, given?: SessionOptions): SessionMiddleware {
	if (isApplication(appOrOptions)) return createMiddleware(appOrOptions, resolveOptions(given));
	if (given !== undefined) throw unexpected('app', 'a Koa application', appOrOptions);
	return createMiddleware(undefined, resolveOptions(appOrOptions));
}

const createMiddleware = (app: Koa | undefined, options: ResolvedOptions): SessionMiddleware => {
	const {transport, property, skip} = options;
	let knownApp = app;
	const findKeys = () => {
		const keys = options.keys ?? app?.keys ?? knownApp?.keys;
		return typeof keys === 'function' ? keys() : keys;
	};
	const signer = options.signed ? signed(findKeys, property) : unsigned;
	const sessions = new Sessions({...options, signer});

	// A key list that is a function may be ready only later, and so may be that of an application not known yet.
	if ((app || options.keys) && typeof options.keys !== 'function') signer.sign('', '');

	const serve = function session(ctx: Context, next: Next): Promise<unknown> {
		if (skip(ctx)) return next();

		knownApp ??= ctx.app;
		const visible = new VisibleSession(serve, sessions, new KoaExchange(ctx, transport, signer));
		return attach(ctx, property, visible) ? run(visible, ctx, next) : next();
	};

	if (app) {
		reserve(app, 'property', property);
		if (typeof transport.name === 'string') reserve(app, 'cookie or header', transport.name);
		defineProperty(app.context, property);
	}

	return Object.assign(serve, createApi({sessions, signer, transport, findApp: () => knownApp}));
};

/** Lends the session to everything behind, then commits: before the response leaves, whatever became of it. */
const run = async (visible: VisibleSession, ctx: Context, next: Next): Promise<unknown> => {
	const {tokens} = visible.exchange;
	visible.origin = tokens.length === 0 ? {kind: 'none'} : await visible.find(tokens);

	let result: unknown;
	try {
		result = await next();
	} catch (error) {
		// The application's error is the one to report; a store's own goes into an event.
		await visible.begun?.finish(statusOf(error) < 500 ? 'finish' : 'discard').catch(() => undefined);
		throw error;
	}

	const transaction = visible.begun;
	if (!transaction) return result;

	outliveCommit(ctx.body);
	try {
		await transaction.finish(ctx.status < 500 ? 'finish' : 'discard');
	} catch (error) {
		// Else nobody could be told any more, or the application tells of a failure of its own.
		if (!ctx.headerSent && ctx.status < 500) throw error;
	}

	visible.exchange.varyAgain();
	return result;
};

/** Koa listens to a stream once it sends it; until then, its error would end the process. Koa finds it all the same. */
const outliveCommit = (body: unknown): void => {
	if (typeof body === 'object' && body !== null && 'once' in body && typeof body.once === 'function') {
		body.once('error', () => undefined);
	}
};

/** What stands behind `ctx.session`. */
class VisibleSession implements ContextProperty {
	readonly owner: object;
	readonly exchange: KoaExchange;

	/** What the request's tokens led to, as soon as that is known. */
	origin: Origin | undefined;

	readonly #sessions: Sessions;
	#transaction: Transaction | undefined;

	constructor(owner: object, sessions: Sessions, exchange: KoaExchange) {
		this.owner = owner;
		this.exchange = exchange;
		this.#sessions = sessions;
	}

	get carrier(): string {
		return this.exchange.name;
	}

	/** What there is to commit: nothing where a request came without a token and the route asked for no session. */
	get begun(): Transaction | undefined {
		return this.origin?.kind === 'none' ? this.#transaction : this.#begin();
	}

	find(tokens: readonly string[]): Promise<Origin> {
		return this.#sessions.find(tokens, this.exchange.name);
	}

	get(): unknown {
		this.exchange.vary();
		return this.#begin()?.session;
	}

	set(value: unknown): void {
		this.exchange.vary();
		if (value === null) this.#begin()?.forget();
		else this.#begin()?.replace(value);
	}

	#begin(): Transaction | undefined {
		if (this.origin) this.#transaction ??= this.#sessions.begin(this.origin, this.exchange);
		return this.#transaction;
	}
}

/**
The status with which Koa answers an error that nobody catches.

Koa 2 makes 404 of a missing file (`ENOENT`). It is a fault all the same, as Koa 3 has it, and drops the changes.
*/
const statusOf = (error: unknown): number => {
	if (!isError(error)) return 500;
	const {status, statusCode} = error as {status?: unknown; statusCode?: unknown};
	const answer = status || statusCode;
	// Imported, `node:http` would load all that belongs to it, `fetch` included: 20 ms at start-up.
	return typeof answer === 'number' && process.getBuiltinModule('node:http').STATUS_CODES[answer] ? answer : 500;
};

const isApplication = (value: unknown): value is Koa =>
	typeof value === 'object' && value !== null && 'context' in value && 'createContext' in value;
