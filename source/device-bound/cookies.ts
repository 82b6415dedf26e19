import type {Context} from 'koa';
import {firstLife, makeBoundCookie, type Origin} from '../binding/bound-cookie.ts';
import {makeKeyCookie, readKeyCookie} from '../binding/key-cookie.ts';
import {Seal} from '../binding/seal.ts';
import {checkBindable, companionNames, type ResolvedDeviceBound} from '../options/device-bound.ts';
import type {Signer} from '../tokens/signer.ts';
import type {Transport} from '../transport.ts';
import {nameOf} from '../transports/chain.ts';
import {cookie} from '../transports/cookie.ts';
import type {CookieAttributes} from '../transports/cookie-attributes.ts';

/** What the cookies are made from. */
export type CookieParts = ResolvedDeviceBound & {readonly property: string; readonly signer: Signer};

/** A session that a cookie names. `byFreshKeyCookie`: that cookie is the endpoint's own, signed with the newest key. */
export type Named = {readonly handle: string; readonly byFreshKeyCookie: boolean};

/** How long browsers keep a cookie at most, and a key that isn't used, in milliseconds. */
const longestLife = 400 * 86_400_000;

/** How many cookies of one name are looked at. */
export const maxCookies = 8;

/** The two cookies that accompany a session's own. Their names and attributes are its, except as browsers demand. */
export class DeviceCookies {
	readonly parts: CookieParts;
	readonly seal: Seal;

	/** The short-lived one, which the browser refreshes. */
	readonly bound: Transport;

	/** The one that only the endpoint gets. */
	readonly key: Transport;

	constructor(parts: CookieParts) {
		const {signer, property, path} = parts;
		this.parts = parts;
		this.seal = new Seal(() => signer.keys(), property);
		this.bound = cookie(ctx => this.boundAttributes(ctx));
		this.key = cookie(ctx => {
			const [, name] = companionNames(this.#attributes(ctx).name);
			return {name, path, secure: true, httpOnly: true, sameSite: 'none'};
		});
	}

	/** The attributes of the cookie that the browser is to refresh. */
	boundAttributes(ctx: Context): CookieAttributes {
		const attributes = this.#attributes(ctx);
		const [name] = companionNames(attributes.name);
		return {...attributes, name, secure: true};
	}

	/** Shows that the device has proved its key. */
	writeBound(ctx: Context, key: string, origin: Origin): void {
		const expiresAt = Date.now() + (origin === 'registered' ? firstLife : this.parts.lifetime);
		this.bound.write(ctx, makeBoundCookie(this.seal, key, origin, expiresAt), {expiresAt, permanent: true});
	}

	/** A value that names the session for the endpoint. */
	makeKey(handle: string): string {
		return makeKeyCookie(this.seal, handle);
	}

	/** @param value From `makeKey()`. It stays for as long as a browser keeps anything. */
	writeKey(ctx: Context, value: string, permanent: boolean): void {
		this.key.write(ctx, value, {expiresAt: Date.now() + longestLife, permanent});
	}

	/** The sessions that a request names: by their own cookie and, where another site has led to it, by the endpoint's. */
	namedBy(ctx: Context): readonly Named[] {
		const {cookie, signer} = this.parts;
		const named: Named[] = [];
		for (const token of cookie.read(ctx).slice(0, maxCookies)) {
			const verified = signer.verify(token, nameOf(cookie, ctx));
			if (typeof verified !== 'string') named.push({handle: verified.handle, byFreshKeyCookie: false});
		}

		for (const value of this.key.read(ctx).slice(0, maxCookies)) {
			const known = readKeyCookie(this.seal, value);
			if (known) named.push({handle: known.handle, byFreshKeyCookie: !known.isStale});
		}
		return named;
	}

	#attributes(ctx: Context): CookieAttributes {
		const {attributes, path} = this.parts;
		if (typeof attributes !== 'function') return attributes;
		const given = attributes(ctx);
		checkBindable(given, path);
		return given;
	}
}
