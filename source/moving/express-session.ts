import {type CipherKey, createHmac, KeyObject, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import type {Context, Middleware} from 'koa';
import {checkObject, unexpected} from '../options/checks.ts';
import {called, unlessMissing} from '../stores/shared/callback-store.ts';
import {contentOf} from './connect-record.ts';
import {type Adopting, type LeftSession, type MovingOptions, move} from './move.ts';
import {expire, type OldCookieOptions, report} from './old-cookie.ts';
import {checkOldStore} from './old-options.ts';

export type {MovingOptions} from './move.ts';
export type {OldCookieOptions} from './old-cookie.ts';

/** The store of an express-session application, such as that of `connect-redis`. */
export type ExpressSessionStore = {
	get(id: string, done: (error: unknown, session?: unknown) => void): void;
	destroy(id: string, done: (error?: unknown) => void): void;
};

/** The options given to express-session. Only those that say where its sessions are stored are used. */
export type ExpressSessionOptions = {
	readonly secret: CipherKey | readonly CipherKey[];
	readonly store: ExpressSessionStore;

	/** @default 'connect.sid' */
	readonly name?: string | undefined;

	/** What `name` was called before. */
	readonly key?: string | undefined;

	/** A function gets Node's request, without what Express adds to it. */
	readonly cookie?: OldCookieOptions | ((request: IncomingMessage) => OldCookieOptions) | undefined;
	readonly [other: string]: unknown;
};

/**
Moves the sessions of express-session, each on the first request that carries one. Nobody is logged out.

Use it directly after the session. Once the new session is stored, the old record is destroyed and the old cookie expired.

@param sessions What `session()` returned.
@param old The options that express-session had.

@example
import session from 'koa-server-session';
import {type ExpressSessionStore, fromExpressSession} from 'koa-server-session/moving/express-session';

declare const store: ExpressSessionStore; // as connect-redis made it

const sessions = session(app, {store: 'redis://127.0.0.1:6379'});
app.use(sessions);
app.use(fromExpressSession(sessions, {secret: 'the old secret', store}));
*/
export const fromExpressSession = (
	sessions: Adopting,
	old: ExpressSessionOptions,
	options?: MovingOptions,
): Middleware => {
	checkObject('old', old, 'the options that express-session had');
	checkSecret(old.secret);
	checkOldStore(old.store);
	return move(sessions, ctx => find(ctx, old), options);
};

/** @throws TypeError If no cookie could be verified. With an empty secret, anybody could sign one. */
const checkSecret = (secret: unknown): void => {
	const secrets: unknown[] = [secret].flat();
	if (secrets.length > 0 && secrets.every(isSecret)) return;
	throw unexpected('secret', 'the secret that express-session had, or a list of them, none of them empty', secret);
};

/** What `createHmac()` takes. */
const isSecret = (secret: unknown): boolean =>
	(typeof secret === 'string' && secret !== '') ||
	(ArrayBuffer.isView(secret) && secret.byteLength > 0) ||
	(secret instanceof KeyObject && (secret.symmetricKeySize ?? 0) > 0);

const find = (ctx: Context, {secret, store, ...old}: ExpressSessionOptions): LeftSession | undefined => {
	const name = old.name || old.key || 'connect.sid';
	const secrets = [secret].flat();
	const id = unsign(ctx.cookies.get(name, {signed: false}) ?? '', secrets);
	if (!id) return undefined;

	const cookie = typeof old.cookie === 'function' ? old.cookie(ctx.req) : old.cookie;

	return {
		cookie: name,
		// Not the cookie itself: a session may have several, percent-encoded in other ways or signed by other keys.
		secret: `${id}.${sign(id, secrets[0] ?? '')}`,
		read: async () => contentOf(await called(done => store.get(id, done)).catch(unlessMissing), cookie?.maxAge),
		end: () =>
			report(
				ctx,
				called(done => store.destroy(id, done)),
			),
		forget: () => expire(ctx, [name], cookie),
	};
};

/** Reads `s:id.signature`, percent-encoded, as the module `cookie-signature` writes it. */
const unsign = (value: string, secrets: readonly CipherKey[]): string | undefined => {
	const dot = value.lastIndexOf('.');
	if (!/^s(?::|%3A)/i.test(value) || dot === -1) return undefined;

	const id = decode(value.slice(0, dot).replace(/^s(?::|%3A)/i, ''));
	const given = Buffer.from(decode(value.slice(dot + 1)));
	const isOurs = secrets.some(secret => {
		const expected = Buffer.from(sign(id, secret));
		return expected.length === given.length && timingSafeEqual(expected, given);
	});
	return isOurs ? id : undefined;
};

const sign = (id: string, secret: CipherKey): string =>
	createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');

const decode = (text: string): string => {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};
