import {once} from 'node:events';
import http, {type IncomingHttpHeaders} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import Koa, {type Context} from 'koa';
import session, {type Session, type SessionMiddleware, type SessionOptions} from '../../../source/index.ts';

/** An answer, with its headers as they came over the wire. */
export type Answer = {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly setCookie: readonly string[];
	readonly body: string;
};

/** What a request sends beside its path. */
export type RequestOptions = {
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string>>;
};

/** The context of a route. Its session may hold whatever a test needs. */
export type TestContext = Context & {session: Session<Record<string, unknown>>};

/** A route: what the application does after the session. */
export type Route = (ctx: TestContext) => unknown;

/** Keys of tests, newest first. */
export const testKeys = ['the newest key, of 32 characters or more', 'the one before it, of 32 characters or more'];

/** Listens on a free loopback port until the test ends. */
export const listen = async (t: ExecutionContext, app: Koa): Promise<number> => {
	const server = app.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return (server.address() as AddressInfo).port;
};

/** An application with a session and one route, listening; errors it expects don't reach the console. */
export const startApp = async (
	t: ExecutionContext,
	options: SessionOptions,
	route: Route,
	configure: (app: Koa) => void = () => undefined,
): Promise<{app: Koa; sessions: SessionMiddleware; port: number; client: () => Client}> => {
	const app = new Koa();
	app.keys = testKeys;
	app.silent = true;
	configure(app);
	// A busy machine must not fail a test; those of time-outs say their own.
	const sessions = session(app, {storeTimeout: '30s', ...options});
	app.use(sessions);
	app.use(ctx => route(ctx as unknown as TestContext));
	const port = await listen(t, app);
	t.teardown(() => sessions.close());
	return {app, sessions, port, client: () => new Client(port)};
};

/** Requests at the same moment have a socket each; the next ones use them again, since a new one costs more than a request. */
const agent = new http.Agent({keepAlive: true});

/** Sends one request. */
export const request = (
	port: number,
	path: string,
	{method = 'GET', headers = {}}: RequestOptions = {},
): Promise<Answer> =>
	new Promise((resolve, reject) => {
		const sent = http.request({host: '127.0.0.1', port, path, method, headers, agent}, response => {
			const chunks: Buffer[] = [];
			response.on('data', chunk => chunks.push(chunk));
			response.on('error', reject);
			response.on('end', () =>
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					setCookie: response.headers['set-cookie'] ?? [],
					body: Buffer.concat(chunks).toString(),
				}),
			);
		});
		sent.on('error', reject);
		sent.end();
	});

/** A browser as far as cookies go: keeps what it is told, by name alone, and forgets what expires. */
export class Client {
	readonly port: number;
	readonly cookies = new Map<string, string>();

	constructor(port: number) {
		this.port = port;
	}

	/** The `Cookie` header that it sends. */
	get cookie(): string {
		return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
	}

	async get(path: string, options: RequestOptions = {}): Promise<Answer> {
		const headers = {...(this.cookies.size > 0 && {cookie: this.cookie}), ...options.headers};
		const answer = await request(this.port, path, {...options, headers});
		for (const line of answer.setCookie) this.#keep(line);
		return answer;
	}

	/** Another client with the same cookies, as a second tab, or a request sent at the same moment; or to another server. */
	fork(port = this.port): Client {
		const other = new Client(port);
		for (const [name, value] of this.cookies) other.cookies.set(name, value);
		return other;
	}

	#keep(line: string): void {
		const [pair = ''] = line.split(';');
		const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
		if (/;\s*(max-age=0|expires=Thu, 01 Jan 1970 00:00:00 GMT)(;|$)/i.test(line)) this.cookies.delete(name);
		else this.cookies.set(name, value);
	}
}
