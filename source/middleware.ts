import type Koa from 'koa';
import type {Context, Next} from 'koa';
import {type Application, createApi, type SessionsApi} from './api.ts';
import {unexpected} from './options/checks.ts';
import {type ResolvedOptions, resolveOptions} from './options/resolve.ts';
import type {SessionOptions} from './options.ts';
import type {Adoption, OldSession} from './request/adoption.ts';
import {attach, attached, defineProperty, reserve} from './request/context-property.ts';
import type {Data, DeclaredData, SessionContext, Unreserved} from './session.ts';
import {Sessions} from './sessions.ts';
import {signed, unsigned} from './tokens/signer.ts';
import {Chain} from './transports/chain.ts';
import {isError, KoaExchange} from './transports/koa-exchange.ts';
import {VisibleSession} from './visible-session.ts';

/** The middleware, which is also the way to sessions outside of a request. */
export type SessionMiddleware<Fields = DeclaredData> = Koa.Middleware<object, SessionContext<Fields>> &
	SessionsApi<Fields>;

/**
Makes the middleware that gives each request its session as `ctx.session`.

Put it before everything that uses the session, and behind what never does, as static files and health checks.

Typed by the interface `SessionData`, which an application declares once, or by `session<Fields>()`.

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
export function session<Fields extends Unreserved = DeclaredData>(
	app: Application,
	options?: SessionOptions<Fields>,
): SessionMiddleware<Fields>;
export function session<Fields extends Unreserved = DeclaredData>(
	options?: SessionOptions<Fields>,
): SessionMiddleware<Fields>;
export function session(
	appOrOptions?: Application | SessionOptions<Data>,
	given?: SessionOptions<Data>,
): SessionMiddleware<Data> {
	if (isApplication(appOrOptions)) return createMiddleware(appOrOptions, resolveOptions(given));
	if (given !== undefined) throw unexpected('app', 'a Koa application', appOrOptions);
	return createMiddleware(undefined, resolveOptions(appOrOptions));
}

const createMiddleware = (app: Application | undefined, options: ResolvedOptions): SessionMiddleware<Data> => {
	const {property, skip} = options;
	const chain = new Chain(options.transport);
	let knownApp: Application | undefined = app;
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
		const visible = new VisibleSession(serve, sessions, new KoaExchange(ctx, chain, signer));
		return attach(ctx, property, visible) ? run(visible, ctx, next) : next();
	};

	if (app) {
		reserve(app, 'property', property);
		for (const name of chain.fixedNames) reserve(app, 'cookie or header', name);
		defineProperty(app.context, property);
	}

	const adopt = async (ctx: Context, old: OldSession): Promise<Adoption> => {
		const visible = attached(ctx, property);
		if (visible instanceof VisibleSession && visible.owner === serve) return visible.adopt(old);
		if (skip(ctx)) return 'refused';
		throw new TypeError(`No session on \`ctx.${property}\` of this request. Use \`session()\` before`);
	};
	return Object.assign(serve, createApi({sessions, signer, chain, adopt, findApp: () => knownApp}));
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
		await visible.begun?.finish(statusOf(error) < 500 ? 'finish' : 'discard')?.catch(() => undefined);
		throw error;
	} finally {
		// Also for other middleware, which may make an answer of an error.
		visible.exchange.varyAgain();
	}

	const transaction = visible.begun;
	if (!transaction) return result;

	outliveCommit(ctx.body);
	try {
		const commit = transaction.finish(ctx.status < 500 ? 'finish' : 'discard');
		// Most requests only read, and wait for nothing.
		if (commit) await commit;
	} catch (error) {
		// Else nobody could be told any more, or the application tells of a failure of its own.
		if (!ctx.headerSent && ctx.status < 500) throw error;
	}

	return result;
};

/** Koa listens to a stream once it sends it; until then, its error would end the process. Koa finds it all the same. */
const outliveCommit = (body: unknown): void => {
	if (typeof body === 'object' && body !== null && 'once' in body && typeof body.once === 'function') {
		body.once('error', () => undefined);
	}
};

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

const isApplication = (value: unknown): value is Application =>
	typeof value === 'object' && value !== null && 'context' in value && 'createContext' in value;
