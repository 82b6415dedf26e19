import type {IncomingMessage} from 'node:http';
import type {Context} from 'koa';

const served = Symbol('koa-server-session');

/**
Remembers on a bare request which context serves it.

It is a property of the request, since a `WeakMap` costs each request a microsecond and more. The class hides the context
from `util.inspect(request)`.
*/
class ServedRequest {
	readonly #ctx: Context;

	constructor(ctx: Context) {
		this.#ctx = ctx;
	}

	static contextOf(request: IncomingMessage): Context | undefined {
		const found = (request as {[served]?: ServedRequest})[served];
		return found === undefined ? undefined : found.#ctx;
	}
}

/** Remembers the context of its request. */
export const rememberContext = (ctx: Context): void => {
	(ctx.req as {[served]?: ServedRequest})[served] ??= new ServedRequest(ctx);
};

/** The context that serves a bare request; `undefined` if none of a session does, as for the upgrade to a WebSocket. */
export const contextOf = (request: IncomingMessage): Context | undefined => ServedRequest.contextOf(request);
