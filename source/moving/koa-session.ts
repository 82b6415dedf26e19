import type {Context, Middleware} from 'koa';
import {checkFunction, checkObject, checkSyncFunction, isPromise, unexpected} from '../options/checks.ts';
import type {Data} from '../session.ts';
import {lifeOf} from './connect-record.ts';
import {type Adopting, type LeftSession, type MovingOptions, move} from './move.ts';
import {expire, readSigned, report} from './old-cookie.ts';
import {checkAnswer, checkOldStore, checkSigned} from './old-options.ts';

export type {MovingOptions} from './move.ts';

/** The store of a koa-session application. */
export type KoaSessionStore = {
	get(key: string, maxAge: never, options: never): unknown;
	destroy(key: string, options: never): unknown;
};

/** The options given to koa-session. Only those that say where its sessions are stored are used. */
export type KoaSessionOptions = {
	/** @default 'koa.sess' */
	readonly key?: string | undefined;

	/** @default true */
	readonly signed?: boolean | undefined;
	readonly path?: string | undefined;
	readonly domain?: string | undefined;
	readonly maxAge?: number | 'session' | undefined;

	/** What `maxAge` was called before. */
	readonly maxage?: number | 'session' | undefined;
	readonly rolling?: boolean | undefined;
	readonly store?: KoaSessionStore | undefined;
	readonly ContextStore?: (new (ctx: never) => KoaSessionStore) | undefined;
	readonly externalKey?: {get(ctx: never): string | undefined} | undefined;
	readonly decode?: ((value: string) => unknown) | undefined;
	readonly valid?: ((ctx: never, data: never) => unknown) | undefined;
	readonly [other: string]: unknown;
};

/**
Moves the sessions of koa-session, each on the first request that carries one. Nobody is logged out.

Use it directly after the session. Old cookies are verified with `app.keys`, as in koa-session, older keys included. Once
the new session is stored, the old record is destroyed, and the old cookie and its signature are expired.

@param sessions What `session()` returned.
@param old The options that koa-session had.

@example
import Koa from 'koa';
import session from 'koa-server-session';
import {fromKoaSession} from 'koa-server-session/moving/koa-session';

const app = new Koa();
app.keys = ['the key that koa-session had, or a list that ends with it'];
const sessions = session(app, {store: 'redis://127.0.0.1:6379'});
app.use(sessions);
app.use(fromKoaSession(sessions, {key: 'koa.sess'}, {until: new Date('2027-01-01')}));
*/
export const fromKoaSession = (
	sessions: Adopting,
	old: KoaSessionOptions = {},
	options?: MovingOptions,
): Middleware => {
	checkObject('old', old, 'the options that koa-session had');
	const {store, ContextStore, signed, decode, valid} = old;
	if (store) checkOldStore(store);
	if (ContextStore) checkFunction('ContextStore', ContextStore);
	checkSigned('signed', signed);
	if (decode !== undefined) checkSyncFunction('decode', decode);
	if (valid !== undefined) checkSyncFunction('valid', valid);
	return move(sessions, ctx => find(ctx, old), options);
};

const find = (ctx: Context, old: KoaSessionOptions): LeftSession | undefined => {
	const {key: cookie = 'koa.sess', signed = true, externalKey, ContextStore, decode = decodeBase64} = old;
	const store = ContextStore ? new ContextStore(ctx as never) : old.store;
	const external = store && externalKey?.get(ctx as never);
	const found = externalKey ? external && {value: external, secret: external} : readSigned(ctx, cookie, signed);
	if (!found) return undefined;

	const {value, secret} = found;
	const forget = () => externalKey || expire(ctx, [cookie, `${cookie}.sig`], old);
	if (!store) {
		let isUnreadable = false;
		return {
			// No `secret`: two clients whose cookies hold the same data must not share a session.
			cookie,
			async read() {
				const record = decoded(ctx, value, decode);
				isUnreadable = record === undefined;
				return contentOf(ctx, old, record);
			},
			// What can't be decoded stays: it is the only copy, and `decode` may be wrong.
			forget: () => isUnreadable || forget(),
		};
	}

	const {maxage, maxAge = maxage, rolling = false} = old;
	return {
		cookie,
		secret,
		read: async () => contentOf(ctx, old, await store.get(value, maxAge as never, {ctx, rolling} as never)),
		end: () => report(ctx, (async () => store.destroy(value, {ctx} as never))()),
		forget,
	};
};

const contentOf = (ctx: Context, {valid, maxage, maxAge = maxage}: KoaSessionOptions, record: unknown) => {
	if (typeof record !== 'object' || record === null) return undefined;
	const {_expire, _maxAge, _session, ...data} = record as Data;
	if (typeof _expire === 'number' && _expire < Date.now()) return undefined;
	if (valid && !checkAnswer(valid(ctx as never, record as never))) return undefined;
	return _session === true ? {data, permanent: false} : {data, ...lifeOf(_maxAge, maxAge || 86_400_000)};
};

/** As in koa-session, what can't be decoded is no session. */
const decoded = (ctx: Context, value: string, decode: (value: string) => unknown): object | undefined => {
	try {
		const record = decode(value);
		if (isPromise(record)) throw unexpected('decode()', 'an object', record);
		return typeof record === 'object' && record !== null ? record : undefined;
	} catch (error) {
		// What isn't JSON is no fault, and the message about it quotes the cookie.
		if (error instanceof Error && !(error instanceof SyntaxError)) ctx.app.emit('error', error, ctx);
		return undefined;
	}
};

const decodeBase64 = (value: string): unknown => JSON.parse(Buffer.from(value, 'base64').toString());
