import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import http from 'node:http';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {load} from './load.ts';

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

	/** Starts it and logs in so many visitors, where the application has sessions. */
	static async start(name: string, visitors: number, environment: NodeJS.ProcessEnv = {}): Promise<ServedApp> {
		const options = {env: {...process.env, NODE_ENV: 'production', ...environment}, execArgv: ['--no-warnings']};
		const child = fork(join(import.meta.dirname, 'server.ts'), [name], options);
		const [{port}] = (await once(child, 'message')) as [{port: number}];
		const app = new ServedApp(child, port);
		// Also to a server without sessions, which has to read a cookie all the same.
		const logIn = async () => (await app.#request('/start')).cookie ?? `sid=${'x'.repeat(87)}`;
		app.#cookies = await Promise.all(Array.from({length: visitors}, logIn));
		return app;
	}

	/** The page's first word for the route: the views of the first visitor. */
	async views(path: string): Promise<number> {
		return Number.parseInt((await this.#request(path, this.#cookies[0])).body, 10);
	}

	/** Sends requests of all visitors at once; resolves the server's CPU time for each, in microseconds. */
	async measure(path: string, requests: number): Promise<number> {
		const before = await this.#cpu();
		const heads = this.#cookies.map(cookie => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}`);
		await load(this.#port, heads, requests);
		return ((await this.#cpu()) - before) / requests;
	}

	stop(): void {
		this.#agent.destroy();
		this.#child.disconnect();
	}

	async #cpu(): Promise<number> {
		this.#child.send('cpu');
		const [{cpu}] = (await once(this.#child, 'message')) as [{cpu: number}];
		return cpu;
	}

	#request(path: string, cookie?: string): Promise<{body: string; cookie: string | undefined}> {
		return new Promise((resolve, reject) => {
			const headers = cookie === undefined ? {} : {cookie};
			http
				.get({host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers}, async response => {
					const body = await text(response);
					const [line] = response.headers['set-cookie'] ?? [];
					if (response.statusCode === 200) resolve({body, cookie: line?.slice(0, line.indexOf(';'))});
					else reject(new Error(body));
				})
				.on('error', reject);
		});
	}
}
