import type {IncomingMessage} from 'node:http';
import type {Context} from 'koa';
import {type Answer, Endpoint} from './binding/endpoint.ts';
import {termsOf} from './binding/terms.ts';
import {type CookieParts, DeviceCookies, type Named} from './device-bound/cookies.ts';
import {DeviceExchange} from './device-bound/exchange.ts';
import type {Records} from './records/records.ts';

/** What device-bound sessions are made from. */
export type DeviceBoundParts = CookieParts & {readonly prefix: string; readonly records: Records};

/**
Device-bound sessions of a middleware: what they add to each request, and their endpoint.

It is loaded only with the option, so that it costs nobody else anything.
*/
export class DeviceBound {
	readonly #parts: DeviceBoundParts;
	readonly #cookies: DeviceCookies;
	readonly #endpoint: Endpoint;

	constructor(parts: DeviceBoundParts) {
		const {records, prefix} = parts;
		this.#parts = parts;
		this.#cookies = new DeviceCookies(parts);
		this.#endpoint = new Endpoint(records, this.#cookies.seal, prefix);
	}

	/** The device's side of one request. */
	exchange(ctx: Context): DeviceExchange {
		return new DeviceExchange(this.#cookies, ctx);
	}

	/** Whether a request is for the endpoint. A mounted application sees only the rest of its path. */
	isEndpoint({method, originalUrl}: Context): boolean {
		const {path} = this.#parts;
		return method === 'POST' && originalUrl.startsWith(path) && /^(?:\?.*)?$/s.test(originalUrl.slice(path.length));
	}

	/**
	Answers a registration or a refresh.

	Whatever goes wrong on our side is answered with 503. After an error below 500 other than 403, the browser drops its key.
	*/
	async answer(ctx: Context): Promise<void> {
		ctx.set({'Cache-Control': 'no-store', 'Cross-Origin-Resource-Policy': 'same-origin'});
		try {
			const id = headerOf(ctx.req, 'sec-secure-session-id');
			// Without that header, another site's page may have sent the request: the endpoint's cookie is `SameSite=None`.
			const named = id === undefined ? [] : this.#cookies.namedBy(ctx);
			const handles = [...new Set(named.map(({handle}) => handle))];
			const proof = headerOf(ctx.req, 'secure-session-response');
			this.#write(ctx, await this.#endpoint.answer({proof, id, handles}), named);
		} catch (error) {
			ctx.status = 503;
			ctx.app.emit('error', error, ctx);
		}
	}

	#write(ctx: Context, answer: Answer, named: readonly Named[]): void {
		ctx.status = answer.status;
		if (answer.status === 403) ctx.set('Secure-Session-Challenge', `"${answer.challenge}";id="${answer.id}"`);
		if (answer.status !== 200) return;

		const {deviceKey, id, origin, handle, permanent} = answer;
		const {path, exclude} = this.#parts;
		this.#cookies.writeBound(ctx, deviceKey, origin);
		const isNamed = named.some(each => each.byFreshKeyCookie && each.handle === handle);
		if (!isNamed) this.#cookies.writeKey(ctx, this.#cookies.makeKey(handle), permanent);
		ctx.body = termsOf({id, path, exclude, cookie: this.#cookies.boundAttributes(ctx)});
	}
}

/** A header that came once. Node joins those that came more often, and no proof contains a comma. */
const headerOf = ({headers}: IncomingMessage, name: string): string | undefined => {
	const value = headers[name];
	return Array.isArray(value) ? value.join(', ') : value;
};
