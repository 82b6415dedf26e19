import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import http from 'node:http';
import {join} from 'node:path';
import {load} from './load.ts';

/** An application in a process of its own, under load from this one. */
export class ServedApp {
	readonly #child: ChildProcess;
	readonly #port: number;
	readonly #agent = new http.Agent({keepAlive: true});
	#cookie = '';

	private constructor(child: ChildProcess, port: number) {
		this.#child = child;
		this.#port = port;
	}

	/** Starts it and logs in, so that requests have a session where the application has them. */
	static async start(name: string, environment: NodeJS.ProcessEnv = {}): Promise<ServedApp> {
		const options = {env: {...process.env, NODE_ENV: 'production', ...environment}, execArgv: ['--no-warnings']};
		const child = fork(join(import.meta.dirname, 'server.ts'), [name], options);
		const [{port}] = (await once(child, 'message')) as [{port: number}];
		const app = new ServedApp(child, port);
		await app.#request('/start');
		return app;
	}

	/** The page's first word for the route: the session's views. */
	async views(path: string): Promise<number> {
		return Number.parseInt(await this.#request(path), 10);
	}

	/** Sends requests; resolves the server's CPU time for each, in microseconds. */
	async measure(path: string, requests: number, connections: number): Promise<number> {
		const before = await this.#cpu();
		// Also to a server without sessions, which has to read it all the same.
		const cookie = this.#cookie || `sid=${'x'.repeat(87)}`;
		await load(this.#port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}`, requests, connections);
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

	#request(path: string): Promise<string> {
		return new Promise((resolve, reject) => {
			const headers = this.#cookie ? {cookie: this.#cookie} : {};
			http
				.get({host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers}, response => {
					const [line] = response.headers['set-cookie'] ?? [];
					if (line) this.#cookie = line.slice(0, line.indexOf(';'));
					let body = '';
					response.setEncoding('latin1');
					response.on('data', chunk => {
						body += chunk;
					});
					response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(body))));
				})
				.on('error', reject);
		});
	}
}
