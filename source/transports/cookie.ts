import type {Context} from 'koa';
import {checkSyncFunction} from '../options/checks.ts';
import type {TokenLife, Transport} from '../transport.ts';
import {warnOnce} from '../warning.ts';
import {
	type CookieAttributes,
	type CookieOptions,
	cookieAttributes,
	needsSecure,
	resolveCookie,
	setCookieLine,
} from './cookie-attributes.ts';

/**
Carries the token in a cookie.

@param options Attributes, or a function that returns them for a request.
@throws TypeError If no browser would accept the cookie: at start-up for an object, at the request for a function.

@example
import session from 'koa-server-session';
import {cookie} from 'koa-server-session/transports/cookie';
import {header} from 'koa-server-session/transports/header';

app.use(session(app, {transport: [cookie({name: '__Host-sid'}), header('x-session')]}));
*/
export const cookie = (options: CookieOptions | ((ctx: Context) => CookieOptions) = {}): Transport => {
	if (typeof options === 'function') {
		const attributes = perRequest(checkSyncFunction('cookie', options));
		return Object.assign(
			transport(ctx => attributes(ctx).name, attributes),
			{[cookieAttributes]: attributes},
		);
	}

	const attributes = resolveCookie(options);
	return Object.assign(
		transport(attributes.name, () => attributes),
		{[cookieAttributes]: attributes},
	);
};

const transport = (name: Transport['name'], attributes: (ctx: Context) => CookieAttributes): Transport => ({
	vary: 'Cookie',
	sets: 'Set-Cookie',
	name,
	read: ctx => valuesOf(ctx.req.headers.cookie, attributes(ctx).name),
	canWrite(ctx) {
		if (ctx.secure || !needsSecure(attributes(ctx))) return true;
		warnOfPlainHttp();
		return false;
	},
	write(ctx, token, life) {
		setCookie(ctx, attributes(ctx), token, life);
	},
	clear(ctx) {
		setCookie(ctx, attributes(ctx), '', {expiresAt: 0, permanent: true});
	},
	withdraw(ctx) {
		setCookies(ctx, otherCookies(ctx, attributes(ctx)));
	},
	format: (ctx, token) => `${attributes(ctx).name}=${token}`,
});

/** Calls the function once for each request, so that the cookie is read and written with the same attributes. */
const perRequest = (options: (ctx: Context) => CookieOptions) => {
	const resolved = new WeakMap<Context, CookieAttributes>();

	return (ctx: Context): CookieAttributes => {
		const known = resolved.get(ctx);
		if (known) return known;

		const attributes = resolveCookie(options(ctx));
		resolved.set(ctx, attributes);
		return attributes;
	};
};

/** All values of a cookie, in order. A browser sends several if domains or paths differ (RFC 6265, 5.4). */
const valuesOf = (header: string | undefined, name: string): string[] => {
	const values: string[] = [];
	if (!header) return values;

	// A loop, because a chain of array methods costs each request more than the store in memory does.
	let equals = -1;
	for (let start = 0; start < header.length; ) {
		const semicolon = header.indexOf(';', start);
		const end = semicolon === -1 ? header.length : semicolon;
		// Remembered, or cookies without an equals sign would be searched again and again.
		if (equals < start) equals = header.indexOf('=', start);
		if (equals === -1) break;
		if (equals < end && trim(header, start, equals) === name) values.push(unquote(trim(header, equals + 1, end)));
		start = end + 1;
	}

	return values;
};

/** Removes spaces and tabs at both ends (RFC 6265bis, 5.6). `String.trim()` would remove other characters too. */
const trim = (header: string, start: number, end: number): string => {
	let [first, last] = [start, end];
	while (first < last && isBlank(header.charCodeAt(first))) first++;
	while (last > first && isBlank(header.charCodeAt(last - 1))) last--;
	return header.slice(first, last);
};

const isBlank = (character: number): boolean => character === 0x20 || character === 0x09;

const unquote = (value: string): string =>
	value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;

const setCookie = (ctx: Context, attributes: CookieAttributes, token: string, life: TokenLife): void => {
	const secure = attributes.secure === 'auto' ? ctx.secure : attributes.secure;
	const line = setCookieLine(attributes, token, life, secure);
	setCookies(ctx, [...otherCookies(ctx, attributes), line]);
};

/** The cookies of a response but for this one. A cookie of the same name with another path or domain is another cookie. */
const otherCookies = (ctx: Context, {name, path, domain}: CookieAttributes): string[] => {
	const lines = [ctx.res.getHeader('Set-Cookie') ?? []].flat().map(String);
	return lines.filter(
		line =>
			!line.startsWith(`${name}=`) || attributeOf(line, 'path') !== path || attributeOf(line, 'domain') !== domain,
	);
};

const attributeOf = (line: string, attribute: 'path' | 'domain'): string | undefined =>
	line
		.split(';')
		.map(part => part.trim())
		.find(part => part.toLowerCase().startsWith(`${attribute}=`))
		?.slice(attribute.length + 1);

const setCookies = (ctx: Context, lines: readonly string[]): void => {
	if (lines.length > 0) ctx.res.setHeader('Set-Cookie', lines);
	else ctx.res.removeHeader('Set-Cookie');
};

const warnOfPlainHttp = (): void =>
	warnOnce(
		'PLAIN_HTTP',
		'The session needs a Secure cookie, but the request came over plain HTTP, so nothing is stored. ' +
			'Behind a proxy that terminates TLS, set `app.proxy = true` and let the proxy send `X-Forwarded-Proto: https`',
	);
