import type {IncomingMessage} from 'node:http';
import type {Context} from 'koa';
import type {Exchange, News, Token} from '../request/exchange.ts';
import type {Signer} from '../tokens/signer.ts';
import type {Transport} from '../transport.ts';
import {warnOnce} from '../warning.ts';
import {type Chain, nameOf} from './chain.ts';
import {beforeHead} from './head.ts';

/** One request's way to its client: which tokens came, and what the response says of the session. */
export class KoaExchange implements Exchange {
	readonly #ctx: Context;
	readonly #chain: Chain;
	readonly #signer: Signer;
	#transport: Transport;
	#news: News | undefined;
	#sent: News | undefined;

	/** The value of `Vary` that says it, as far as it was said. */
	#varied: number | string | readonly string[] | undefined;
	#isGuarded = false;

	constructor(ctx: Context, chain: Chain, signer: Signer) {
		this.#ctx = ctx;
		this.#chain = chain;
		this.#signer = signer;
		this.#transport = chain.forResponse(ctx);
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

	get news(): News | undefined {
		return this.#news;
	}

	get sent(): News | undefined {
		return this.#sent;
	}

	answerBy(transport: string): void {
		this.#transport = this.#chain.named(transport, this.#ctx);
	}

	delivery(): 'possible' | 'sent' | 'refused' {
		const ctx = this.#ctx;
		if (ctx.headerSent) return 'sent';
		if (ctx.method === 'OPTIONS' || isUpgrade(ctx.req) || !ctx.writable || this.#isSharedUnseen) return 'refused';
		if (!this.#transport.canWrite(ctx)) return 'refused';
		// A record whose token can't be made would only fill the store, or take a new id from its client.
		this.#signer.check();
		return 'possible';
	}

	tell(news: News | undefined): void {
		if (news || this.#news) this.#write(news);
		this.#news = news;
	}

	/** Says it at once, for middleware that looks at headers, and again where the application set its own `Vary` later. */
	vary(): void {
		this.#guard();
		const {res} = this.#ctx;
		if (res.headersSent || (this.#varied !== undefined && this.#varied === res.getHeader('Vary'))) return;

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

	whenOver(work: () => void): void {
		const {res} = this.#ctx;
		if (res.closed || res.destroyed) setImmediate(work);
		else res.once('close', work);
	}

	/**
	Lets what was said of the session last until the headers leave, whoever sets or removes headers in between: a proxied
	response, `writeHead()`, Koa's own answer to an error, which begins by removing all of them.
	*/
	#guard(): void {
		if (this.#isGuarded) return;
		this.#isGuarded = true;
		beforeHead(this.#ctx.res, () => this.#finishHead());
	}

	#finishHead(): void {
		const {res} = this.#ctx;
		if (this.#isSharedUnseen) this.tell(undefined);
		if (!this.#news) {
			this.varyAgain();
			return;
		}

		this.vary();
		this.#write(this.#news);
		this.#sent = this.#news;
		// RFC 9111, 5.2.2.4: a cache may keep the response, but not the token of somebody else.
		if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', `no-cache="${this.#transport.sets}"`);
		else if (this.#isShared) warnOfSharedToken();
	}

	#write(news: News | undefined): void {
		this.#guard();
		if (news?.kind === 'token') {
			const token = this.#signer.sign(news.id, nameOf(this.#transport, this.#ctx));
			this.#transport.write(this.#ctx, token, news);
		} else if (news) this.#transport.clear(this.#ctx);
		else this.#transport.withdraw(this.#ctx);
	}

	/** Whether the response says that one copy of it serves everybody. */
	get #isShared(): boolean {
		return /(?:^|[\s,])(?:public|s-maxage)(?:$|[\s,=])/i.test(String(this.#ctx.res.getHeader('Cache-Control') ?? ''));
	}

	/** Whether it does so, and the route never looked at the session. */
	get #isSharedUnseen(): boolean {
		return this.#varied === undefined && this.#isShared;
	}
}

/** A connection that goes on as something else, such as a WebSocket, whose answer is not the one that Koa would send. */
const isUpgrade = (request: IncomingMessage & {upgrade?: boolean | null}): boolean =>
	request.upgrade === true || /\bwebsocket\b/i.test(request.headers.upgrade ?? '');

const warnOfSharedToken = (): void =>
	warnOnce(
		'SHARED_TOKEN',
		'A response that declares itself public carries the token of a session, which a shared cache may give to others. ' +
			'Set `Cache-Control: private` where a route uses the session, or serve what is public before the session',
	);

/** Tells what Koa takes for an error, of any realm; whatever else is thrown it answers as one of status 500. */
export const isError = (thrown: unknown): thrown is Error =>
	thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]';
