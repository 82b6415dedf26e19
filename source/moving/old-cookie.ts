import type {Context} from 'koa';

/** The attributes that a cookie was set with, which a browser needs to delete it. */
export type OldCookieOptions = {
	/** @default '/' */
	readonly path?: string | undefined;
	readonly domain?: string | undefined;
	readonly sameSite?: unknown;
	readonly partitioned?: unknown;

	/** How long a session lived, in milliseconds. One that was to live longer or shorter has its own timeout here, too. */
	readonly maxAge?: unknown;
	readonly [other: string]: unknown;
};

/** Expires cookies that another library set. */
export const expire = (ctx: Context, names: readonly string[], options: OldCookieOptions = {}): void => {
	const {path = '/', domain, partitioned} = options;
	const sameSite = sameSiteOf(ctx, options.sameSite);
	const attributes = {path, domain, sameSite, partitioned, signed: false, overwrite: true} as SetOption;
	for (const name of names) ctx.cookies.set(name, '', attributes);
};

/** What the `cookies` module takes. It refuses all else, and that would fail each request that brings an old cookie. */
const sameSiteOf = ({secure}: Context, sameSite: unknown): unknown => {
	// As express-session means it.
	if (sameSite === 'auto') return secure ? 'none' : 'lax';
	return sameSite === true || /^(?:lax|none|strict)$/i.test(String(sameSite)) ? sameSite : undefined;
};

type SetOption = NonNullable<Parameters<Context['cookies']['set']>[2]>;

/**
Reads a cookie as the `cookies` module signs it.

The secret includes a signature, so that nobody can make it from what the old store holds. It is that of the newest key,
because a session has as many cookies as keys that have signed it.
*/
export const readSigned = (
	ctx: Context,
	name: string,
	isSigned: boolean,
): {readonly value: string; readonly secret: string} | undefined => {
	const value = ctx.cookies.get(name, {signed: isSigned});
	if (!value) return undefined;
	const {keys} = ctx.cookies as unknown as SigningCookies;
	return {value, secret: isSigned ? `${value} ${keys.sign(`${name}=${value}`)}` : value};
};

/** What the types of `cookies` leave out. */
type SigningCookies = {readonly keys: {sign(data: string): string}};

/** Emits a failure on the application, as Koa does, instead of failing the request. */
export const report = (ctx: Context, work: Promise<unknown>): Promise<void> =>
	work.then(
		() => undefined,
		error => {
			ctx.app.emit('error', error, ctx);
		},
	);
