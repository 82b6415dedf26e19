import type {IncomingMessage} from 'node:http';
import type {Context, Middleware, Next} from 'koa';
import {type Application, createApi} from './api.ts';
import {checkObject, unexpected} from './options/checks.ts';
import {companionNames, type ResolvedDeviceBound} from './options/device-bound.ts';
import {type ResolvedOptions, resolveOptions} from './options/resolve.ts';
import type {SessionOptions} from './options.ts';
import {type Adoption, adopt, type OldSession} from './request/adoption.ts';
import {finish} from './request/commit.ts';
import {attach, attached, defineProperty, reserve} from './request/context-property.ts';
import type {Device} from './request/exchange.ts';
import {RequestSession} from './request/request-session.ts';
import type {Data, DeclaredData, SessionContext, Unreserved} from './session.ts';
import {Sessions} from './sessions.ts';
import type {SessionsApi} from './sessions-api.ts';
import {signed, unsigned} from './tokens/signer.ts';
import {Chain} from './transports/chain.ts';
import {isError, KoaExchange} from './transports/koa-exchange.ts';
import {contextOf, rememberContext} from './transports/served-request.ts';

/** The middleware. Its methods work with sessions outside of a request. */
export type SessionMiddleware<Fields = DeclaredData> = Middleware<object, SessionContext<Fields>> & SessionsApi<Fields>;

/**
Makes the middleware that gives each request its session as `ctx.session`.

Put it before everything that uses the session, and after what never does, such as static files and health checks.

The interface `SessionData`, which an application declares once, types `ctx.session`. So does `session<Fields>()`.

@param app The application. Its `keys` sign the tokens, and mistakes are found at start-up.
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

/**
Makes the middleware for an application that isn't known yet, such as in a module of its own, or for tenants.

The application's `keys` are checked, and `ctx.session` is defined, at its first request. Until then, `create()` and
`fromRequest()` throw `ERR_SESSION_UNSUPPORTED`.

@throws TypeError RangeError For options that can't work.
@throws SessionError `ERR_SESSION_NO_KEYS` for the option `keys`, `ERR_SESSION_STORE_URL`.
*/
export function session<Fields extends Unreserved = DeclaredData>(
	options?: SessionOptions<Fields>,
): SessionMiddleware<Fields>;
export function session(
	appOrOptions?: Application | SessionOptions<Data>,
	given?: SessionOptions<Data>,
): SessionMiddleware<Data> {
	if (isApplication(appOrOptions)) return createMiddleware(appOrOptions, resolveOptions(given));
	if (typeof given === 'function') throw new TypeError('Call it: `app.use(session(app, options))`');
	if (isApplication(given)) throw new TypeError('The application comes first: `session(app, options)`');
	if (given !== undefined) throw unexpected('app', 'a Koa application', appOrOptions);
	return createMiddleware(undefined, resolveOptions(appOrOptions));
}

const createMiddleware = (app: Application | undefined, options: ResolvedOptions): SessionMiddleware<Data> => {
	const {property, skip, extend, prefix, deviceBound} = options;
	const chain = new Chain(options.transport);
	let knownApp: Application | undefined = app;
	const findKeys = () => {
		const keys = options.keys ?? knownApp?.keys;
		return typeof keys === 'function' ? keys() : keys;
	};
	const signer = options.signed ? signed(findKeys, property, prefix) : unsigned(prefix);
	const sessions = new Sessions({...options, signer});

	// Loaded only if it is used. An error here ends the process at start-up.
	const loading =
		deviceBound &&
		import('./device-bound.ts').then(
			({DeviceBound}) => new DeviceBound({...deviceBound, property, prefix, signer, records: sessions.records}),
		);

	// Keys are checked at start-up, unless they may be ready only later: a function, or those of an unknown application.
	if ((app || options.keys) && typeof options.keys !== 'function') signer.check();

	const serve = function session(ctx: Context, next: Next): Promise<unknown> {
		if (ctx === undefined) throw new TypeError('Pass it on without calling it: `app.use(sessions)`');
		rememberContext(ctx);
		knownApp ??= ctx.app;
		if (!loading) return lead(ctx, next);
		return loading.then(bound => (bound.isEndpoint(ctx) ? bound.answer(ctx) : lead(ctx, next, bound.exchange(ctx))));
	};

	const lead = (ctx: Context, next: Next, device?: Device): Promise<unknown> => {
		if (skip(ctx)) return next();
		const exchange = new KoaExchange(ctx, chain, signer, extend, device);
		const request = sessions.begin(serve, exchange);
		return attach(ctx, property, request) ? run(request, exchange, ctx, next) : next();
	};

	const run = async (request: RequestSession, exchange: KoaExchange, ctx: Context, next: Next): Promise<unknown> => {
		try {
			const {tokens, device} = exchange;
			if (tokens.length > 0) request.begin(await sessions.find(tokens, device));
		} catch (error) {
			// Middleware before this one may use the session to report the error, and must not replace it.
			request.begin({standing: {kind: 'unavailable', cause: error}});
			request.markCommitted();
			throw error;
		}

		let result: unknown;
		try {
			result = await next();
		} catch (error) {
			// The application's error is the one to report. The store's is published as an event.
			await finish(request, isClientError(error) ? 'success' : 'failure')?.catch(() => undefined);
			throw error;
		} finally {
			// Other middleware may turn the error into a response.
			exchange.varyAgain();
		}

		if (request.needsCommit) ignoreStreamErrors(ctx.body);
		try {
			const committed = finish(request, ctx.status < 500 ? 'success' : 'failure');
			// Most requests only read, and have nothing to wait for.
			if (committed) await committed;
		} catch (error) {
			// With the headers sent, no client would see the error. With 500 or above, the application reports its own.
			if (!ctx.headerSent && ctx.status < 500) throw error;
		}

		if (request.isUsed && goesOn(ctx)) request.watch();
		return result;
	};

	if (app) {
		reserve(app, 'property', property);
		for (const name of chain.fixedNames) reserve(app, 'cookie or header', name);
		if (deviceBound) reserveForDevice(app, deviceBound);
		defineProperty(app.context, property);
	}

	const requestOf = (ctx: Context): RequestSession | undefined => {
		const request = attached(ctx, property);
		return request instanceof RequestSession && request.owner === serve ? request : undefined;
	};

	const adoptFor = async (ctx: Context, old: OldSession): Promise<Adoption> => {
		checkObject('ctx', ctx, 'the context of a request');
		const request = requestOf(ctx);
		if (request) {
			request.exchange.vary();
			return request.turns.take(() => adopt(request, old));
		}
		if (skip(ctx)) return 'refused';
		throw new TypeError(`No session on \`ctx.${property}\` of this request. Use \`session()\` before this middleware`);
	};

	/** Says in `Vary` that a response depends on the session that `fromRequest()` has read. */
	const vary = (req: IncomingMessage): void => {
		const ctx = contextOf(req);
		const request = ctx && requestOf(ctx);
		if (request) request.exchange.vary();
		else if (ctx && !ctx.headerSent) ctx.vary(chain.vary);
	};

	const deviceOf = async (ctx: Context) => (await loading)?.exchange(ctx);
	const parts = {sessions, signer, chain, deviceOf, vary, adopt: adoptFor, findApp: () => knownApp};
	return Object.assign(serve, createApi(parts));
};

const reserveForDevice = (app: Application, {path, attributes}: ResolvedDeviceBound): void => {
	reserve(app, 'endpoint', path);
	if (typeof attributes === 'function') return;
	for (const name of companionNames(attributes.name)) reserve(app, 'cookie or header', name);
};

/**
Keeps an error of a stream from ending the process during the commit.

Koa listens to the stream only when it sends it, and finds the error then.
*/
const ignoreStreamErrors = (body: unknown): void => {
	if (typeof body === 'object' && body !== null && 'once' in body && typeof body.once === 'function') {
		body.once('error', () => undefined);
	}
};

/** Whether the response goes on after the route: it is a stream, or the application sends it without Koa. */
const goesOn = ({body, respond, headerSent}: Context): boolean => {
	if (respond === false || headerSent) return true;
	if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return false;
	return 'pipe' in body || 'getReader' in body || Object.prototype.toString.call(body) === '[object Response]';
};

/**
Whether Koa answers an error that nobody catches with a status below 500.

Koa 2 answers a missing file (`ENOENT`) with 404. Here it is a fault, as in Koa 3, so the changes are dropped.
*/
const isClientError = (error: unknown): boolean => {
	if (!isError(error)) return false;
	const {status, statusCode} = error as {status?: unknown; statusCode?: unknown};
	const answer = status || statusCode;
	// Not imported: `node:http` would load everything that it needs, `fetch` included, in 20 ms at start-up.
	const {STATUS_CODES} = process.getBuiltinModule('node:http');
	return typeof answer === 'number' && answer < 500 && STATUS_CODES[answer] !== undefined;
};

const isApplication = (value: unknown): value is Application =>
	typeof value === 'object' && value !== null && 'context' in value && 'createContext' in value;
