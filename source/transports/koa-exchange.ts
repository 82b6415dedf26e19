import {AsyncResource} from 'node:async_hooks';
import type {IncomingMessage} from 'node:http';
import type {Context} from 'koa';
import type {Device, Exchange, News, Token} from '../request/exchange.ts';
import type {Signer} from '../tokens/signer.ts';
import type {Transport} from '../transport.ts';
import {warnOnce} from '../warning.ts';
import {isShared} from './cache-control.ts';
import {type Chain, nameOf} from './chain.ts';
import {beforeHead} from './head.ts';

/** One request's exchange with its client: which tokens came, and what the response says about the session. */
export class KoaExchange implements Exchange {
	readonly #ctx: Context;
	readonly #chain: Chain;
	readonly #signer: Signer;
	readonly device: Device | undefined;
	#transport: Transport;
	#news: News | undefined;

	/** The token of the news: made once, so that a key that is gone by then can't break a response on its way out. */
	#token = '';
	#sent: News | undefined;
	#follow: ((news: News | undefined) => void) | undefined;

	/** The last value of `Vary` that was set here. */
	#varied: number | string | readonly string[] | undefined;
	#isGuarded = false;

	readonly #extend: (ctx: Context) => boolean;
	#isUse: boolean | undefined;

	/** @param extend The option: asked at most once, so that the end of a request agrees with its beginning. */
	constructor(ctx: Context, chain: Chain, signer: Signer, extend: (ctx: Context) => boolean, device?: Device) {
		this.#ctx = ctx;
		this.#chain = chain;
		this.#signer = signer;
		this.#extend = extend;
		this.device = device;
		this.#transport = chain.forResponse(ctx);
	}

	get isUse(): boolean {
		this.#isUse ??= this.#extend(this.#ctx);
		return this.#isUse;
	}

	get path(): string {
		return this.#ctx.path;
	}

	get exclusiveNames(): readonly string[] {
		const names = this.#chain.names(this.#ctx);
		return this.device ? [...names, ...this.device.exclusiveNames] : names;
	}

	get tokens(): readonly Token[] {
		return this.#chain.tokens(this.#ctx);
	}

	get news(): News | undefined {
		return this.#news;
	}

	get isSent(): boolean {
		return this.#ctx.headerSent;
	}

	get sent(): News | undefined {
		return this.isSent ? this.#sent : undefined;
	}

	answerBy(transport: string): void {
		this.#transport = this.#chain.named(transport, this.#ctx);
	}

	delivery(): 'possible' | 'sent' | 'refused' {
		const ctx = this.#ctx;
		if (this.isSent) return 'sent';
		if (ctx.method === 'OPTIONS' || isUpgrade(ctx.req) || hasGone(ctx) || this.#isSharedUnseen) return 'refused';
		if (!this.#transport.canWrite(ctx)) return 'refused';
		// Without keys there is no token. A record would only fill the store, and a new id would never reach the client.
		this.#signer.check();
		return 'possible';
	}

	tell(news: News | undefined): void {
		if (news?.kind === 'token') this.#token = this.#signer.sign(news.id, nameOf(this.#transport, this.#ctx));
		if (news || this.#news) this.#write(news);
		this.#news = news;
	}

	whenLeaving(work: (news: News | undefined) => void): void {
		this.#follow = work;
		this.#guard();
	}

	/** Sets `Vary` immediately, for middleware that reads headers, and again if the application has set its own since. */
	vary(): void {
		this.#guard();
		const {res} = this.#ctx;
		// In lower case: Node looks headers up by a name that it needn't convert first.
		if (res.headersSent || (this.#varied !== undefined && this.#varied === res.getHeader('vary'))) return;

		this.#varied = this.#chain.vary;
		if (!res.hasHeader('vary')) res.setHeader('Vary', this.#varied);
		else {
			this.#ctx.vary(this.#varied);
			this.#varied = res.getHeader('vary');
		}
	}

	/** Sets `Vary` again if the application has replaced it. */
	varyAgain(): void {
		if (this.#varied !== undefined) this.vary();
	}

	whenOver(work: () => void): void {
		const {res} = this.#ctx;
		if (res.closed || res.destroyed || hasGone(this.#ctx)) setImmediate(work);
		// Bound, since the event may come from the connection: `work` belongs to the request, for `AsyncLocalStorage` too.
		else res.once('close', AsyncResource.bind(work));
	}

	/**
	Keeps the session's headers until all headers are sent, whatever sets or removes headers in between: a proxied
	response, `writeHead()`, or Koa's response to an error, which first removes all headers.
	*/
	#guard(): void {
		if (this.#isGuarded) return;
		this.#isGuarded = true;
		beforeHead(this.#ctx.res, () => this.#finishHead());
	}

	#finishHead(): void {
		const {res} = this.#ctx;
		if (this.#isSharedUnseen || this.#isOutdated) this.tell(undefined);
		this.#follow?.(this.#news);
		if (!this.#news) {
			this.varyAgain();
			return;
		}

		this.vary();
		this.#write(this.#news);
		this.#sent = this.#news;
		// RFC 9111, 5.2.2.4: a cache may store the response, but must not give one client's token to another.
		const sets = [this.#transport.sets, ...(this.device?.sets ?? [])].join(', ');
		if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', `no-cache="${sets}"`);
		else if (isShared(res)) warnOfSharedToken();
	}

	#write(news: News | undefined): void {
		this.#guard();
		if (news?.kind === 'token') this.#transport.write(this.#ctx, this.#token, news);
		else if (news) this.#transport.clear(this.#ctx);
		else this.#transport.withdraw(this.#ctx);
		this.device?.tell(news, nameOf(this.#transport, this.#ctx));
	}

	/** Whether another request has ended or moved the session that the headers name, and told the client. */
	get #isOutdated(): boolean {
		return this.#news?.kind === 'token' && this.#news.isOutdated();
	}

	/** Whether shared caches may store the response, and the route never used the session. */
	get #isSharedUnseen(): boolean {
		return this.#varied === undefined && isShared(this.#ctx.res);
	}
}

/** Whether the connection becomes something else, such as a WebSocket: then Koa's response isn't sent. */
const isUpgrade = (request: IncomingMessage & {upgrade?: boolean | null}): boolean =>
	request.upgrade === true || /\bwebsocket\b/i.test(request.headers.upgrade ?? '');

/** Whether the client is gone. A pipelined response has no socket yet, and a stream of HTTP/2 ends without its connection. */
const hasGone = ({method, writable, req, res}: Context): boolean => {
	// A response to HEAD has no body, so HTTP/2 ends its stream before the headers are sent.
	const isOpen = writable || (method === 'HEAD' && req.httpVersionMajor >= 2 && !res.writableEnded);
	return !isOpen || req.aborted || req.socket?.destroyed === true;
};

const warnOfSharedToken = (): void =>
	warnOnce(
		'SHARED_TOKEN',
		'A response that shared caches may store carries the token of a session. They may give it to others. ' +
			'Set `Cache-Control: private` in routes that use the session, or serve public responses before the session',
	);

/** Whether Koa treats it as an error, of any realm. Koa answers anything else that is thrown with status 500. */
export const isError = (thrown: unknown): thrown is Error =>
	thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]';
