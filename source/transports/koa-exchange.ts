import {format} from 'node:util';
import type {Context} from 'koa';
import type {Exchange, Token} from '../request/exchange.ts';
import type {Signer} from '../tokens/signer.ts';
import type {Transport} from '../transport.ts';
import {type Chain, nameOf} from './chain.ts';

/** One request's way to its client: which tokens came, and what the answer says of the session. */
export class KoaExchange implements Exchange {
	readonly #ctx: Context;
	readonly #chain: Chain;
	readonly #signer: Signer;
	#transport: Transport;
	#varied: number | string | readonly string[] | undefined;
	#hasToken = false;

	constructor(ctx: Context, chain: Chain, signer: Signer) {
		this.#ctx = ctx;
		this.#chain = chain;
		this.#signer = signer;
		this.#transport = chain.first(ctx);
	}

	get path(): string {
		return this.#ctx.path;
	}

	get names(): readonly string[] {
		return this.#chain.names(this.#ctx);
	}

	get tokens(): readonly Token[] {
		return this.#chain.tokens(this.#ctx);
	}

	answerBy(carrier: string): void {
		this.#transport = this.#chain.named(carrier, this.#ctx);
	}

	delivery(): 'possible' | 'sent' | 'refused' {
		if (this.#ctx.headerSent) return 'sent';
		if (this.#ctx.method === 'OPTIONS' || !this.#transport.canWrite(this.#ctx)) return 'refused';
		// A record whose token can't be made would only fill the store, or take a new id from its client.
		this.#signer.check();
		return 'possible';
	}

	issue(id: string, expiresAt: number, permanent: boolean): void {
		this.#transport.write(this.#ctx, this.#signer.sign(id, this.#name), {expiresAt, permanent});
		this.#guardCaches();
	}

	clear(): void {
		this.#transport.clear(this.#ctx);
		this.#guardCaches();
	}

	/** Says that the answer depends on the session. Again at the end, where the application set its own `Vary`. */
	vary(): void {
		const {res} = this.#ctx;
		if (res.headersSent || (this.#varied !== undefined && this.#varied === res.getHeader('Vary'))) return;

		if (this.#varied === undefined) this.#outliveErrors();
		this.#varied = this.#chain.vary;
		if (!res.hasHeader('Vary')) res.setHeader('Vary', this.#varied);
		else {
			this.#ctx.vary(this.#varied);
			this.#varied = res.getHeader('Vary');
		}
	}

	/** Says it where it still has to be said. */
	varyAgain(): void {
		if (this.#varied !== undefined) this.vary();
	}

	/**
	Lets the session's headers outlive an error, which Koa answers with `error.headers` alone: also one that comes after
	the commit, of other middleware or of a body that can't be read.

	They are there only while Koa looks. Many requests may fail with one error, as a constant or a shared rejection: one
	client's token must never reach another, nor a log.
	*/
	#outliveErrors(): void {
		const ctx = this.#ctx;
		const {onerror} = ctx;
		ctx.onerror = (thrown: unknown) => {
			if (thrown === null || thrown === undefined) return;

			const error = isError(thrown) ? thrown : new Error(format('non-error thrown: %j', thrown));
			const given = Object.getOwnPropertyDescriptor(error, 'headers');
			Reflect.defineProperty(error, 'headers', {
				value: this.#survivors(Reflect.get(error, 'headers')),
				configurable: true,
			});
			try {
				onerror.call(ctx, error);
			} finally {
				if (given) Reflect.defineProperty(error, 'headers', given);
				else Reflect.deleteProperty(error, 'headers');
			}
		};
	}

	/** RFC 9111, 5.2.2.4: a cache may keep the answer, but not the token of somebody else. */
	#guardCaches(): void {
		this.vary();
		this.#hasToken = true;
		const {res} = this.#ctx;
		if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', this.#cacheControl);
	}

	get #name(): string {
		return nameOf(this.#transport, this.#ctx);
	}

	get #cacheControl(): string {
		return `no-cache="${this.#transport.sets}"`;
	}

	/** The headers of an answer to an error: the application's own, and the session's. */
	#survivors(given: unknown): Record<string, unknown> {
		const headers: Record<string, unknown> = {...(typeof given === 'object' ? given : {})};
		const add = (name: string, join: (present: readonly unknown[]) => unknown) => {
			const known = Object.keys(headers).find(other => other.toLowerCase() === name.toLowerCase()) ?? name;
			headers[known] = join([headers[known] ?? []].flat());
		};

		const {sets} = this.#transport;
		if (this.#varied !== undefined) add('Vary', present => [...new Set([...present, this.#chain.vary])].join(', '));
		if (this.#hasToken) {
			add(sets, present => this.#ourToken(sets, present));
			add('Cache-Control', ([present = this.#cacheControl]) => present);
		}

		return headers;
	}

	/** Of the cookies, only the session's: whether others survive an error is the application's affair. */
	#ourToken(sets: string, present: readonly unknown[]): unknown {
		const value = this.#ctx.res.getHeader(sets);
		return Array.isArray(value) ? [...present, ...value.filter(line => line.startsWith(`${this.#name}=`))] : value;
	}
}

/** Tells what Koa takes for an error, of any realm; whatever else is thrown it answers as one of status 500. */
export const isError = (thrown: unknown): thrown is Error =>
	thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]';
