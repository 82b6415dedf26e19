import type {Context} from 'koa';
import type {Codec, Envelope} from './codec.ts';
import type {Duration} from './options/duration.ts';
import type {DeclaredData} from './session.ts';
import type {Store} from './store.ts';
import type {Keys} from './tokens/signer.ts';
import type {Transport} from './transport.ts';
import type {CookieOptions} from './transports/cookie-attributes.ts';

/**
Options of `session()`. All are optional. Without a `store`, reading works and writing throws.

Durations are milliseconds, or strings such as `'30m'` and `'14d'`.

@example
import session from 'koa-server-session';

app.use(session(app, {store: 'file:./sessions', idleTimeout: '30m', absoluteTimeout: '8h'}));
*/
export interface SessionOptions<Fields = DeclaredData> {
	/**
	Where sessions are kept: a store, or a URL such as `'redis://127.0.0.1:6379'`, opened at first use.

	@default new NullStore()
	*/
	readonly store?: Store | string | undefined;

	/**
	How a session becomes bytes. If this is a list, its last codec writes, and each record is read by the codec that wrote it.

	So change the codec by adding the new one to the end of the list. Never move or remove one before it. A codec made by
	`schema()` also types `ctx.session`.
	@default json()
	*/
	readonly codec?: Codec<Envelope<Fields>> | readonly Codec<Envelope<Fields>>[] | undefined;

	/**
	Secrets that sign the token, newest first; a `Keygrip`; or a function that returns either.

	The function is called for each request, so keys can change on a live server. It must return them at once, not a
	promise. It is also called once at start-up, and may fail then.
	@default app.keys
	*/
	readonly keys?: Keys | undefined;

	/** Whether the token is signed. If not, instances that share a store accept each other's tokens. @default true */
	readonly signed?: boolean | undefined;

	/** What every key in the store begins with: up to 200 printable ASCII characters, no spaces. @default 'session:' */
	readonly prefix?: string | undefined;

	/** The cookie's attributes, or a function that returns them for a request. Not with `transport`. @default {name: 'sid'} */
	readonly cookie?: CookieOptions | ((ctx: Context) => CookieOptions) | undefined;

	/**
	What carries the token. A list allows several, such as a cookie for browsers and a header for API clients.

	The transports are tried in the order of the list, and the first good token wins. Responses use the transport that
	carried the request's token. A new session uses the first transport by which the request sent anything, even an empty
	header; otherwise the first of the list.

	@default the cookie
	@example
	import session from 'koa-server-session';
	import {cookie} from 'koa-server-session/transports/cookie';
	import {header} from 'koa-server-session/transports/header';

	app.use(session(app, {transport: [cookie({sameSite: 'strict'}), header('x-session')]}));
	*/
	readonly transport?: Transport | readonly Transport[] | undefined;

	/** Whether a new session's cookie outlives the browser. `ctx.session.permanent` sets it for one session. @default true */
	readonly permanent?: boolean | undefined;

	/**
	The longest time without use: 1 second to 10 years.

	A session ends at the earlier of both timeouts. So a value above the default `absoluteTimeout` is refused unless you
	set that option too.
	@default '1d'
	*/
	readonly idleTimeout?: Duration | undefined;

	/**
	The longest life since creation: 1 second to 10 years, or `Infinity`.

	`regenerate()` doesn't extend it; `regenerate({restart: true})` and `{keep: false}` begin it again.
	@default '14d'
	*/
	readonly absoluteTimeout?: Duration | undefined;

	/**
	The shortest time between two extensions of a session. `0`: every request extends it.

	In that time, a request that changes nothing costs no write and sends no cookie. So a session may end that much earlier
	than `idleTimeout` after its last use. If it equals `idleTimeout`, use alone never extends a session. For a session with a
	shorter `idleTimeout` of its own, it is shortened in proportion.
	@default a tenth of the session's own `idleTimeout`
	*/
	readonly touchAfter?: Duration | undefined;

	/**
	Whether a request counts as use of its session. `false`, such as for polling: the request extends no session.

	Such a request sends no cookie for an extension, and what it changes is stored with the old expiry. A cookie signed by an
	older key is still reissued. Called at most once for each request, and only if its answer matters, before the route or after
	it. Must return a boolean, and not a promise. Anything else fails the request, possibly after its route has run.

	@default () => true
	@example
	import session from 'koa-server-session';

	app.use(session(app, {store: 'file:./sessions', extend: ctx => ctx.path !== '/notifications'}));
	*/
	readonly extend?: ((ctx: Context) => boolean) | undefined;

	/**
	Merges the data of two requests that both changed a session. It must not change its arguments, and must not be async.

	@default Keeps the changes of both, nested plain objects included. Where both changed the same, the later commit wins.
	*/
	readonly merge?: ((base: Fields, theirs: Fields, mine: Fields) => Fields) | undefined;

	/** How long a store call may take: 1 millisecond to 1 hour. After that the request fails with 503. @default '2s' */
	readonly storeTimeout?: Duration | undefined;

	/**
	What a request gets if its session can't be loaded: an error with status 503, or an empty session that stores nothing.

	With `'anonymous'`, no cookie is set or cleared, so the session is there again once the store is. What the route writes
	to the empty session, or to a new one that can't be stored, is dropped, and the event `lost` or `store-error` reports it.
	These still fail with 503: changing or regenerating a session that was loaded, destroying any session, `save()` and
	`update()`.

	@default 'throw'
	*/
	readonly onStoreError?: 'throw' | 'anonymous' | undefined;

	/** Whether a request gets no session: `ctx.session` is `undefined` there. Must not be async. @default () => false */
	readonly skip?: ((ctx: Context) => boolean) | undefined;

	/**
	Binds sessions to a key in their users' devices, so that copied cookies are useless after minutes. Experimental.

	Only browsers with Device Bound Session Credentials do so, over HTTPS; all others keep their sessions as they are. Turn it
	on after all processes run a version that knows it: an older one drops bindings. See docs/device-bound.md.

	`true`: with the defaults of `DeviceBoundOptions`.
	@default false
	*/
	readonly deviceBound?: boolean | DeviceBoundOptions | undefined;

	/** The session's name on `ctx`. A token is valid for this name only. @default 'session' */
	readonly property?: string | undefined;
}

/**
How sessions are bound to their users' devices.

@example
import session from 'koa-server-session';

app.use(session(app, {store: 'redis://127.0.0.1:6379', deviceBound: {lifetime: '5m', exclude: ['/assets']}}));
*/
export interface DeviceBoundOptions {
	/**
	How long a proof lasts: 5 minutes to 1 hour. After that, the browser proves its key again, before its next request.

	A copied cookie works for at most this long, plus one minute for clocks that differ.
	@default '10m'
	*/
	readonly lifetime?: Duration | undefined;

	/**
	The path to which browsers send their proofs, by POST, as the browser sees it: with the prefix of a mounted application.

	Nothing else may answer there, and nothing that limits, redirects or asks for a login may stand in front of it.
	@default '/.session-key'
	*/
	readonly path?: string | undefined;

	/**
	Which sessions to bind. Must not be async.

	Asked whenever a session that isn't bound gets a new id: when it is first stored, and after `regenerate()`. After `false`,
	it may be asked again in the same request.

	@default ctx => ctx.session.subject !== undefined
	*/
	readonly only?: ((ctx: Context) => boolean) | undefined;

	/**
	Paths whose requests never wait for a fresh proof, such as `/assets`, with all below them. If a proof is needed and
	missing, their session is empty.
	*/
	readonly exclude?: readonly string[] | undefined;
}
