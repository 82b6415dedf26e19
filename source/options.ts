import type {Context} from 'koa';
import type {Codec, Envelope} from './codec.ts';
import type {Duration} from './options/duration.ts';
import type {DeclaredData} from './session.ts';
import type {Store} from './store.ts';
import type {Keys} from './tokens/signer.ts';
import type {Transport} from './transport.ts';
import type {CookieOptions} from './transports/cookie-attributes.ts';

/**
Options of `session()`. All can be left out; without a `store`, reading works and writing throws.

Durations are milliseconds or texts such as `'30m'` and `'14d'`.

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
	How a session becomes bytes. Of a list, the last one writes; each record is read by the one that wrote it.

	So a codec is changed by adding the new one at the end, and never by moving those before it. One that `schema()` made
	says what `ctx.session` holds.
	@default json()
	*/
	readonly codec?: Codec<Envelope<Fields>> | readonly Codec<Envelope<Fields>>[] | undefined;

	/**
	Secrets that sign the token, newest first; a `Keygrip`; or a function that returns either, asked at each request.

	@default app.keys
	*/
	readonly keys?: Keys | undefined;

	/** Whether the token is signed. Without, instances on one store accept each other's tokens. @default true */
	readonly signed?: boolean | undefined;

	/** What the store's keys begin with: 1 to 200 printable ASCII characters, or none. @default 'session:' */
	readonly prefix?: string | undefined;

	/** The cookie's attributes, or a function that gives them for a request. Not beside `transport`. @default {name: 'sid'} */
	readonly cookie?: CookieOptions | ((ctx: Context) => CookieOptions) | undefined;

	/**
	What carries the token; of a list, each may, as a cookie for browsers and a header for API clients.

	The first good token wins, in the order of the list; what is answered goes back the way that it came. A client without
	a session gets its token by what it sent something by, be it an empty header, else by the first.

	@default the cookie
	@example
	import session from 'koa-server-session';
	import {cookie} from 'koa-server-session/transports/cookie';
	import {header} from 'koa-server-session/transports/header';

	app.use(session(app, {transport: [cookie({sameSite: 'strict'}), header('x-session')]}));
	*/
	readonly transport?: Transport | readonly Transport[] | undefined;

	/** Whether a new session's cookie outlives the browser; `ctx.session.permanent` says it for one. @default true */
	readonly permanent?: boolean | undefined;

	/** The longest time without use: 1 second to 10 years. The earlier of both timeouts ends a session. @default '1d' */
	readonly idleTimeout?: Duration | undefined;

	/** The longest life from creation: 1 second to 10 years, or `Infinity`. `regenerate()` doesn't prolong it. @default '14d' */
	readonly absoluteTimeout?: Duration | undefined;

	/**
	How long after an extension the next one may follow. `0`: every request extends.

	Until then, a request that changes nothing costs no write and sends no cookie; so a session may end by that much earlier
	than `idleTimeout` after its last use. As long as `idleTimeout` itself: no use extends it.
	@default a tenth of `idleTimeout`
	*/
	readonly touchAfter?: Duration | undefined;

	/**
	Joins the data of two requests that both changed a session. Must change none of its arguments.

	@default Keeps what either changed, plain objects within included; where both changed the same, the later commit wins.
	*/
	readonly merge?: ((base: Fields, theirs: Fields, mine: Fields) => Fields) | undefined;

	/** How long each store call may take: 1 millisecond to 1 hour. Then the request fails with 503. @default '2s' */
	readonly storeTimeout?: Duration | undefined;

	/**
	What a request gets whose session can't be loaded: an error of status 503, or an empty session that stores nothing.

	With `'anonymous'` no cookie is set or cleared, so the session is back with the store. What the route changes in the
	empty session, or in a new one that can't be stored, is dropped, and the event `lost` or `store-error` tells. Still 503:
	a change or a new id of a session that was loaded, the end of any session, `save()` and `update()`.

	@default 'throw'
	*/
	readonly onStoreError?: 'throw' | 'anonymous' | undefined;

	/** Says for which requests there is no session at all; `ctx.session` is `undefined` there. @default () => false */
	readonly skip?: ((ctx: Context) => boolean) | undefined;

	/** The session's name on `ctx`. A token is valid under this name only. @default 'session' */
	readonly property?: string | undefined;
}
