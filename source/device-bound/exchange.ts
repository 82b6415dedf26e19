import type {Context} from 'koa';
import {readBoundCookie} from '../binding/bound-cookie.ts';
import {makeChallenge} from '../binding/challenge.ts';
import type {Binding} from '../codec.ts';
import {publish} from '../events.ts';
import type {Device, News} from '../request/exchange.ts';
import type {Proof} from '../request/standing.ts';
import {handleOf} from '../tokens/identifier.ts';
import {isShared} from '../transports/cache-control.ts';
import {nameOf} from '../transports/chain.ts';
import {beforeHead} from '../transports/head.ts';
import {type DeviceCookies, maxCookies} from './cookies.ts';

/** The device's side of one request: the proof that it carries, and what the response tells the browser. */
export class DeviceExchange implements Device {
	readonly #cookies: DeviceCookies;
	readonly #ctx: Context;

	/** Whether the session that the request came with is bound. */
	#isBound = false;

	/** The session that this response has offered to bind, and how: its challenge is made once. */
	#offered: {readonly id: string; readonly header: string | undefined} | undefined;

	/** The endpoint's cookie for a session: made once too, so that a key that is gone by then can't break a response. */
	#keyCookie: {readonly id: string; readonly value: string} | undefined;

	/** Whether this response says anything. */
	#hasTold = false;

	constructor(cookies: DeviceCookies, ctx: Context) {
		this.#cookies = cookies;
		this.#ctx = ctx;
	}

	get exclusiveNames(): readonly string[] {
		const {bound, key, parts} = this.#cookies;
		return [nameOf(bound, this.#ctx), nameOf(key, this.#ctx), parts.path];
	}

	get sets(): readonly string[] {
		return this.#offered?.header === undefined ? [] : [offerHeader];
	}

	judge(binding: Binding | undefined): Proof {
		if (!binding) return 'unneeded';
		this.#isBound = true;

		const {bound, seal} = this.#cookies;
		const values = bound.read(this.#ctx).slice(0, maxCookies);
		for (const value of values) {
			const origin = readBoundCookie(seal, value, binding.key);
			if (origin) return origin === 'refreshed' && binding.since === undefined ? 'confirming' : 'given';
		}

		if (values.length > 0) this.#endBoundCookie();
		return binding.since !== undefined && binding.since <= Date.now() ? 'refused' : 'missing';
	}

	tell(news: News | undefined, transport: string): void {
		this.#withdraw();
		const ctx = this.#ctx;
		const {parts, bound, key} = this.#cookies;
		// A browser does nothing of this over plain HTTP.
		if (!news || !ctx.secure || transport !== nameOf(parts.cookie, ctx)) return;

		if (news.kind === 'clear') {
			if (!this.#isBound) return;
			bound.clear(ctx);
			key.clear(ctx);
		} else if (!news.isNew) return;
		else if (news.isBound) this.#cookies.writeKey(ctx, this.#keyCookieOf(news.id), news.permanent);
		else {
			const offer = this.#offerOf(news.id);
			if (offer !== undefined) this.#setOffer(offer);
		}
		this.#hasTold = true;
	}

	#withdraw(): void {
		if (!this.#hasTold) return;
		this.#hasTold = false;
		this.#cookies.bound.withdraw(this.#ctx);
		this.#cookies.key.withdraw(this.#ctx);
		this.#setOffer();
	}

	/** Another session of the same application may offer something, too. */
	#setOffer(...offer: readonly string[]): void {
		const {res} = this.#ctx;
		const lines = [res.getHeader(offerHeader) ?? []].flat().map(String);
		const others = lines.filter(line => !line.includes(`path="${this.#cookies.parts.path}"`));
		if (others.length + offer.length > 0) res.setHeader(offerHeader, [...others, ...offer]);
		else res.removeHeader(offerHeader);
	}

	#keyCookieOf(id: string): string {
		if (this.#keyCookie?.id !== id) this.#keyCookie = {id, value: this.#cookies.makeKey(handleOf(id))};
		return this.#keyCookie.value;
	}

	/** `only` may change its answer: a login may store its session before it sets the subject. An offer, once made, stays. */
	#offerOf(id: string): string | undefined {
		if (this.#offered?.id === id && this.#offered.header !== undefined) return this.#offered.header;

		const handle = handleOf(id);
		const header = this.#makeOffer(id, handle);
		this.#offered = {id, header};
		if (header !== undefined) publish('bind', () => ({session: handle.slice(0, 8), step: 'offered'}));
		return header;
	}

	/** Asks `only`. After `false`, it may be asked again as the headers leave, when an error must not break the response. */
	#makeOffer(id: string, handle: string): string | undefined {
		const {parts, seal} = this.#cookies;
		try {
			if (!parts.only(this.#ctx)) return undefined;
			return `(ES256);path="${parts.path}";challenge="${makeChallenge(seal, 'register', handle)}"`;
		} catch (error) {
			if (this.#offered?.id !== id) throw error;
			return undefined;
		}
	}

	/** Ends a cookie that proves nothing. Otherwise the browser would think all is well, and never refresh it. */
	#endBoundCookie(): void {
		const ctx = this.#ctx;
		beforeHead(ctx.res, () => {
			if (isShared(ctx.res)) return;
			this.#cookies.bound.clear(ctx);
			if (!ctx.res.hasHeader('Cache-Control')) ctx.res.setHeader('Cache-Control', 'no-cache="Set-Cookie"');
		});
	}
}

const offerHeader = 'Secure-Session-Registration';
