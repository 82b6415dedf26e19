import {serialize} from 'cookie';
import {checkObject, checkOneOf, checkText} from '../options/checks.ts';
import {checkNames} from '../options/names.ts';
import {ofSession} from '../options/other-libraries.ts';
import type {TokenLife} from '../transport.ts';

/** Attributes of the session cookie, as in RFC 6265bis. */
export type CookieOptions = {
	/** Up to 3900 characters. @default 'sid' */
	readonly name?: string | undefined;

	/** @default '/' */
	readonly path?: string | undefined;

	/** @default undefined (this host only, without its subdomains) */
	readonly domain?: string | undefined;

	/** @default true */
	readonly httpOnly?: boolean | undefined;

	/**
	`'auto'`: if the request came over HTTPS; behind a proxy, set `app.proxy`. `true`: no session over plain HTTP.

	@default 'auto'
	*/
	readonly secure?: boolean | 'auto' | undefined;

	/** @default 'lax' */
	readonly sameSite?: 'strict' | 'lax' | 'none' | undefined;

	/** Whether each top-level site has its own cookie (CHIPS). @default false */
	readonly partitioned?: boolean | undefined;

	/** @default undefined */
	readonly priority?: 'low' | 'medium' | 'high' | undefined;
};

/** Checked attributes, with all defaults filled in. */
export type CookieAttributes = {
	readonly [Name in keyof CookieOptions]?: Exclude<CookieOptions[Name], undefined>;
} & {readonly name: string; readonly path: string; readonly secure: boolean | 'auto'};

/**
Where a transport has the attributes of its cookie, or the function that returns them for a request.

A registered symbol, because each entry point of the package has its own copy of the modules that it imports.
*/
export const cookieAttributes = Symbol.for('koa-server-session cookie attributes');

const defaults = {name: 'sid', path: '/', httpOnly: true, secure: 'auto', sameSite: 'lax', partitioned: false} as const;

/**
The forms of RFC 6265, 4.1.1, as far as the module `cookie` writes them: a `<` in a path would fail the first response that
sets the cookie. A path must begin with a slash, or browsers replace it. Browsers drop a cookie whose name and value are
longer than 4096 characters together: a token has 87, and fewer than 196 with any digest of a `Keygrip`.
*/
const allowed: Readonly<Record<keyof CookieOptions, readonly unknown[] | RegExp>> = {
	name: /^[\w!#$%&'*+.^`|~-]{1,3900}$/,
	path: /^\/[\x20-\x3a\x3d-\x7e]*$/,
	domain: /^\.?[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i,
	httpOnly: [true, false],
	secure: [true, false, 'auto'],
	sameSite: ['strict', 'lax', 'none'],
	partitioned: [true, false],
	priority: ['low', 'medium', 'high'],
};

/**
Fills in defaults and refuses what no browser would accept.

@throws TypeError It names the attribute and the remedy.
*/
export const resolveCookie = (options: CookieOptions): CookieAttributes => {
	checkObject('cookie', options, 'an object or a function that returns one');
	checkNames(options, Object.keys(allowed), {within: 'cookie.', remedies: ofSession});

	const given = Object.entries(options).filter(([, value]) => value !== undefined);
	for (const [name, value] of given) checkAttribute(name, value);

	const attributes: CookieAttributes = {...defaults, ...Object.fromEntries(given)};
	checkCombination(attributes);
	return Object.freeze(attributes);
};

/** Whether browsers accept the cookie only over HTTPS. */
export const needsSecure = ({name, secure, sameSite, partitioned}: CookieAttributes): boolean =>
	secure === true || (secure === 'auto' && (sameSite === 'none' || partitioned === true || hasPrefix(name)));

/** Writes the `Set-Cookie` line. */
export const setCookieLine = (
	{name, ...attributes}: CookieAttributes,
	token: string,
	life: TokenLife,
	secure: boolean,
): string =>
	serialize(name, token, {
		...attributes,
		secure,
		encode: String,
		// Clients prefer Max-Age (RFC 6265, 5.3), so a wrong clock doesn't matter. Some know only Expires.
		...(life.permanent && {
			maxAge: Math.max(0, Math.ceil((life.expiresAt - Date.now()) / 1000)),
			expires: new Date(life.expiresAt),
		}),
	});

const checkAttribute = (name: string, value: unknown): void => {
	const values = allowed[name as keyof CookieOptions];
	if (values instanceof RegExp) checkText(`cookie.${name}`, value, values, `a valid cookie ${name}`);
	else checkOneOf(`cookie.${name}`, value, values);
};

/** Refuses what browsers drop silently: RFC 6265bis, 4.1.3 and 5.7; CHIPS. */
const checkCombination = ({name, path, domain, secure, httpOnly, sameSite, partitioned}: CookieAttributes): void => {
	if (secure === false) {
		if (sameSite === 'none') throw insecure("cookie.sameSite: 'none'");
		if (partitioned) throw insecure('cookie.partitioned');
		if (hasPrefix(name))
			throw insecure('a cookie name that begins with `__Host-`, `__Secure-`, `__Http-` or `__Host-Http-`');
	}

	if (httpOnly === false && /^__(?:host-)?http-/i.test(name)) {
		throw new TypeError(
			'Browsers refuse a cookie name that begins with `__Http-` or `__Host-Http-` with `cookie.httpOnly: false`. ' +
				'Choose another name, or leave out `cookie.httpOnly`',
		);
	}

	if (!/^__host-/i.test(name)) return;
	if (domain !== undefined || path !== '/') {
		throw new TypeError(
			"Expected a `__Host-` cookie to have no `cookie.domain`, and `cookie.path: '/'`: browsers refuse any other",
		);
	}
};

const hasPrefix = (name: string): boolean => /^__(?:host|secure|http)-/i.test(name);

const insecure = (what: string): TypeError =>
	new TypeError(
		`Browsers refuse ${what} with \`cookie.secure: false\`. Set \`cookie.secure\` to \`'auto'\` or \`true\``,
	);
