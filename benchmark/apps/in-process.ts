import {IncomingMessage, ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import type Koa from 'koa';
import compose from 'koa-compose';

/** What a client would see of an answer, and the session's cookie where one came. */
export type Answer = {readonly views: number; readonly cookie: string | undefined};

/** An application without a server: only its middleware runs. */
export class Alone {
	readonly #app: Koa;
	readonly #serve: compose.ComposedMiddleware<Koa.Context>;

	constructor(app: Koa) {
		this.#app = app;
		this.#serve = compose<Koa.Context>(app.middleware);
	}

	/** A request as Node hands it to Koa, and its answer, which no socket carries. */
	context(path: string, cookie: string | undefined): Koa.Context {
		const request = new IncomingMessage(socket);
		request.method = 'GET';
		request.url = path;
		request.headers = {host: 'example.com', ...(cookie === undefined ? {} : {cookie})};
		return this.#app.createContext(request, new ServerResponse(request));
	}

	run(context: Koa.Context): Promise<void> {
		return this.#serve(context);
	}

	async answer(path: string, cookie?: string): Promise<Answer> {
		const context = this.context(path, cookie);
		await this.run(context);
		const lines = [context.response.headers['set-cookie'] ?? []].flat();
		const pairs = lines.map(line => line.slice(0, line.indexOf(';')));
		return {views: Number.parseInt(String(context.body), 10), cookie: pairs.length > 0 ? pairs.join('; ') : undefined};
	}
}

const socket = new Socket();
