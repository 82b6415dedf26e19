import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import http from 'node:http';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {load} from './load.ts';
import {quantile} from './quantile.ts';

/** Where an application comes from, and how it runs. */
export type AppSettings = {
	/** The module that makes it, below this folder. */
	readonly module: string;
	readonly url: string;
	readonly isAutopipelining: boolean;

	/** The Node to run it. */
	readonly node: string;

	/** How many visitors log in. */
	readonly visitors: number;
};

/** What requests cost. */
export type RequestFigures = {
	/** CPU time of the server a request, in microseconds. */
	readonly cpu: number;
	readonly requestsPerSecond: number;

	/** Milliseconds until half of the requests, and 99 of 100, are answered. */
	readonly p50: number;
	readonly p99: number;

	/** Commands sent to Redis a request. */
	readonly commands: number;
};

/** An application in a process of its own, under load from this one. */
export class ServedApp {
	readonly #child: ChildProcess;
	readonly #port: number;
	readonly #agent = new http.Agent({keepAlive: true});

	/** One session a connection: those of one would only measure how their changes collide. */
	#cookies: readonly string[] = [];

	private constructor(child: ChildProcess, port: number) {
		this.#child = child;
		this.#port = port;
	}

	/** Starts it and logs in its visitors, where the application has sessions. */
	static async start({module, url, isAutopipelining, node, visitors}: AppSettings): Promise<ServedApp> {
		const parameters = [`./${module}`, url, isAutopipelining ? 'autopipelining' : 'plain'];
		const child = fork(join(import.meta.dirname, 'server.ts'), parameters, {
			env: {...process.env, NODE_ENV: 'production'},
			execArgv: ['--no-warnings'],
			execPath: node,
		});
		const [{port}] = (await once(child, 'message')) as [{port: number}];
		const app = new ServedApp(child, port);
		// Also to a server without sessions, which has to read a cookie all the same.
		const logIn = async () => (await app.#request('/start')).cookie || `sid=${'x'.repeat(87)}`;
		app.#cookies = await Promise.all(Array.from({length: visitors}, logIn));
		return app;
	}

	/** The page's first word for the route: the views of the first visitor, or of one without a cookie. */
	async views(path: string, {hasCookie}: {readonly hasCookie: boolean}): Promise<number> {
		const {body} = await this.#request(path, hasCookie ? this.#cookies[0] : undefined);
		return Number.parseInt(body, 10);
	}

	/** Sends requests of all visitors at once. */
	async measure(
		path: string,
		{hasCookie, requests}: {readonly hasCookie: boolean; readonly requests: number},
	): Promise<RequestFigures> {
		const heads = this.#cookies.map(cookie =>
			[`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...(hasCookie ? [`Cookie: ${cookie}`] : [])].join('\r\n'),
		);
		const before = await this.#costs();
		const startedAt = performance.now();
		const latencies = await load(this.#port, heads, requests);
		const seconds = (performance.now() - startedAt) / 1000;
		const after = await this.#costs();
		return {
			cpu: (after.cpu - before.cpu) / requests,
			requestsPerSecond: requests / seconds,
			p50: quantile(latencies, 0.5),
			p99: quantile(latencies, 0.99),
			commands: (after.commands - before.commands) / requests,
		};
	}

	async stop(): Promise<void> {
		const ended = once(this.#child, 'exit');
		this.#agent.destroy();
		this.#child.disconnect();
		await ended;
	}

	async #costs(): Promise<{cpu: number; commands: number}> {
		this.#child.send('costs');
		const [costs] = (await once(this.#child, 'message')) as [{cpu: number; commands: number}];
		return costs;
	}

	#request(path: string, cookie?: string): Promise<{body: string; cookie: string}> {
		return new Promise((resolve, reject) => {
			const headers = cookie === undefined ? {} : {cookie};
			http
				.get({host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers}, async response => {
					const body = await text(response);
					const lines = response.headers['set-cookie'] ?? [];
					if (response.statusCode !== 200) reject(new Error(body));
					else resolve({body, cookie: lines.map(line => line.slice(0, line.indexOf(';'))).join('; ')});
				})
				.on('error', reject);
		});
	}
}
