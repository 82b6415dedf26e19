import {AsyncLocalStorage} from 'node:async_hooks';
import type {Context, Middleware} from 'koa';
import type {StoreCall} from './observed-store.ts';

/** One request, and what it cost. */
export type Step = {
	readonly method: string;
	readonly path: string;
	readonly calls: StoreCall[];

	/** `undefined` until the response is ready. */
	status?: number;

	/** What the response did to the cookie. */
	cookie?: 'kept' | 'sent' | 'cleared';
};

const mostSteps = 5;

/** The last requests to this server, by any visitor. It holds nothing of their sessions. */
export class Trail {
	readonly #steps: Step[] = [];
	readonly #running = new AsyncLocalStorage<Step>();

	/** Finished requests, newest first. */
	get steps(): readonly Step[] {
		return this.#steps;
	}

	/** The current request. */
	get current(): Step | undefined {
		return this.#running.getStore();
	}

	/** Counts a store call for the request that makes it, even if many run at once. */
	count(call: StoreCall): void {
		this.current?.calls.push(call);
	}

	/** Follows each request. It comes before the session, which makes its last store calls after the routes. */
	follow(): Middleware {
		return (ctx, next) => {
			const step: Step = {method: ctx.method, path: ctx.path, calls: []};
			return this.#running.run(step, async () => {
				await next();
				step.status = ctx.status;
				step.cookie = cookieOf(ctx);
				this.#steps.unshift(step);
				this.#steps.length = Math.min(this.#steps.length, mostSteps);
			});
		};
	}
}

const cookieOf = (ctx: Context): NonNullable<Step['cookie']> => {
	const lines = String(ctx.res.getHeader('Set-Cookie') ?? '');
	if (lines === '') return 'kept';
	return lines.includes('Max-Age=0') ? 'cleared' : 'sent';
};
