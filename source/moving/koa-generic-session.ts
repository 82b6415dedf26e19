import type {Context, Middleware} from 'koa';
import {checkObject, checkSyncFunction} from '../options/checks.ts';
import {unlessMissing} from '../stores/shared/callback-store.ts';
import {contentOf} from './connect-record.ts';
import {type Adopting, type LeftSession, type MovingOptions, move} from './move.ts';
import {expire, type OldCookieOptions, readSigned, report} from './old-cookie.ts';
import {checkAnswer, checkOldStore, checkSigned} from './old-options.ts';

export type {MovingOptions} from './move.ts';
export type {OldCookieOptions} from './old-cookie.ts';

/** The store of a koa-generic-session application, such as koa-redis. */
export type KoaGenericSessionStore = {
	get(key: string): unknown;
	destroy(key: string): unknown;
};

/** The options given to koa-generic-session. Only those that say where its sessions are stored are used. */
export type KoaGenericSessionOptions = {
	/** Its default was the memory of its process, which can't be moved. */
	readonly store: KoaGenericSessionStore;

	/** @default 'koa.sid' */
	readonly key?: string | undefined;

	/** @default 'koa:sess:' */
	readonly prefix?: string | undefined;
	readonly cookie?: (OldCookieOptions & {readonly signed?: boolean | undefined}) | undefined;
	readonly sessionIdStore?: {get(this: never): string | undefined} | undefined;
	readonly valid?: ((ctx: never, data: never) => unknown) | undefined;
	readonly [other: string]: unknown;
};

/**
Moves the sessions of koa-generic-session, each on the first request that carries one. Nobody is logged out.

Use it directly after the session. Old cookies are verified with `app.keys`, older keys included. Once the new session is
stored, the old record is destroyed, and the old cookie and its signature are expired.

@param sessions What `session()` returned.
@param old The options that koa-generic-session had.

@example
import session from 'koa-server-session';
import {fromKoaGenericSession, type KoaGenericSessionStore} from 'koa-server-session/moving/koa-generic-session';

declare const store: KoaGenericSessionStore; // as koa-redis made it

const sessions = session(app, {store: 'redis://127.0.0.1:6379'});
app.use(sessions);
app.use(fromKoaGenericSession(sessions, {store}));
*/
export const fromKoaGenericSession = (
	sessions: Adopting,
	old: KoaGenericSessionOptions,
	options?: MovingOptions,
): Middleware => {
	checkObject('old', old, 'the options that koa-generic-session had');
	checkOldStore(old.store);
	checkSigned('cookie.signed', old.cookie?.signed);
	if (old.valid !== undefined) checkSyncFunction('valid', old.valid);
	return move(sessions, ctx => find(ctx, old), options);
};

const find = (ctx: Context, old: KoaGenericSessionOptions): LeftSession | undefined => {
	const {store, key: cookie = 'koa.sid', prefix = 'koa:sess:', sessionIdStore, valid} = old;
	const own = sessionIdStore?.get.call(ctx as never);
	const found = sessionIdStore ? own && {value: own, secret: own} : readSigned(ctx, cookie, old.cookie?.signed ?? true);
	if (!found) return undefined;

	const key = prefix + found.value;
	return {
		cookie,
		secret: found.secret,
		async read() {
			const record = await (async () => store.get(key))().catch(unlessMissing);
			return valid && record && !checkAnswer(valid(ctx as never, record as never))
				? undefined
				: contentOf(record, usualOf(old.cookie));
		},
		end: () => report(ctx, (async () => store.destroy(key))()),
		forget: () => sessionIdStore || expire(ctx, [cookie, `${cookie}.sig`], old.cookie),
	};
};

/** How long the other sessions lived. `maxage` is what `maxAge` was called before; `null`: until the browser was closed. */
const usualOf = ({maxage, maxAge = 86_400_000}: OldCookieOptions = {}): unknown => maxage || maxAge;
