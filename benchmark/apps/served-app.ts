import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import http from 'node:http';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {quantile} from '../statistics.ts';
import {Connections} from './connections.ts';
import {onFreeCore} from './own-core.ts';
import {places, type Whereabouts} from './profiler.ts';

/** Which application to serve, and how. */
export type AppSettings = {
	/** The file in this folder that makes it, and the name of the export. */
	readonly module: string;
	readonly name: string;
	readonly url: string;
	readonly isAutopipelining: boolean;

	/** The Node that runs it. */
	readonly node: string;

	/** How many visitors log in. */
	readonly visitors: number;
};

/** What requests cost. */
export type RequestFigures = {
	/** CPU time of the server per request, in microseconds. */
	readonly cpu: number;
	readonly requestsPerSecond: number;

	/** Milliseconds within which half of the requests, or 99 of 100, were answered. */
	readonly p50: number;
	readonly p99: number;

	/** Commands sent to Redis per request. */
	readonly commands: number;

	/** How many requests of a second were answered with status 409. */
	readonly conflictsPerSecond: number;
};

/** What to send. */
export type Load = {
	readonly hasCookie: boolean;
	readonly requests: number;

	/** How many requests come first and aren't measured. */
	readonly unmeasured?: number;

	/** Whether all connections have one session. Then some requests may fail with status 409. */
	readonly isOneSession?: boolean;
};

type Costs = {readonly cpu: number; readonly commands: number};

/** An application in a process of its own, under load from this one. */
export class ServedApp {
	readonly #child: ChildProcess;
	readonly #port: number;

	/** One session per connection: with a single one, the benchmark would measure conflicts. */
	#cookies: readonly string[] = [];

	private constructor(child: ChildProcess, port: number) {
		this.#child = child;
		this.#port = port;
	}

	/** Starts it and logs in its visitors, if the application has sessions. */
	static async start({module, name, url, isAutopipelining, node, visitors}: AppSettings): Promise<ServedApp> {
		const parameters = [`./${module}`, name, url, isAutopipelining ? 'autopipelining' : 'plain'];
		const child = fork(join(import.meta.dirname, 'server.ts'), parameters, {
			env: {...process.env, NODE_ENV: 'production'},
			...onFreeCore(node, ['--no-warnings']),
		});
		const [{port}] = (await once(child, 'message')) as [{port: number}];
		const app = new ServedApp(child, port);
		// A server without sessions gets a cookie too, since it has to read one like all others.
		const logIn = async () => (await app.#request('/start')).cookie || `sid=${'x'.repeat(87)}`;
		app.#cookies = await Promise.all(Array.from({length: visitors}, logIn));
		return app;
	}

	/** The views on a page: those of the first visitor, or of one without a cookie. */
	async views(path: string, {hasCookie}: {readonly hasCookie: boolean}): Promise<number> {
		const {body} = await this.#request(path, hasCookie ? this.#cookies[0] : undefined);
		return Number.parseInt(body, 10);
	}

	/** Sends the requests of all visitors at once. Neither opening the connections nor what comes first is measured. */
	async measure(path: string, load: Load): Promise<RequestFigures> {
		const {hasCookie, requests, unmeasured = 0, isOneSession = false} = load;
		const heads = this.#cookies.map(own => {
			const cookie = isOneSession ? this.#cookies[0] : own;
			return [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...(hasCookie ? [`Cookie: ${cookie}`] : [])].join('\r\n');
		});
		const statuses = isOneSession ? [200, 409] : [200];
		const connections = await Connections.open(this.#port, heads);
		try {
			await connections.send(unmeasured, statuses);
			const before = await this.#ask<Costs>('costs');
			const startedAt = performance.now();
			const {latencies, conflicts} = await connections.send(requests, statuses);
			const seconds = (performance.now() - startedAt) / 1000;
			const after = await this.#ask<Costs>('costs');
			return {
				cpu: (after.cpu - before.cpu) / requests,
				requestsPerSecond: requests / seconds,
				p50: quantile(latencies, 0.5),
				p99: quantile(latencies, 0.99),
				commands: (after.commands - before.commands) / requests,
				conflictsPerSecond: conflicts / seconds,
			};
		} finally {
			connections.close();
		}
	}

	/** Where the server's time goes while it serves them, in microseconds a request. */
	async profile(path: string, requests: number): Promise<Whereabouts> {
		await this.#ask('startProfile');
		await this.measure(path, {hasCookie: true, requests});
		const spent = await this.#ask<Whereabouts>('stopProfile');
		return Object.fromEntries(places.map(place => [place, spent[place] / requests])) as Whereabouts;
	}

	async stop(): Promise<void> {
		const ended = once(this.#child, 'exit');
		this.#child.disconnect();
		await ended;
	}

	async #ask<Answer>(question: 'costs' | 'startProfile' | 'stopProfile'): Promise<Answer> {
		this.#child.send(question);
		const [answer] = (await once(this.#child, 'message')) as [Answer];
		return answer;
	}

	#request(path: string, cookie?: string): Promise<{body: string; cookie: string}> {
		return new Promise((resolve, reject) => {
			const headers = cookie === undefined ? {} : {cookie};
			// A connection of its own: between two rounds, the server would close one that it keeps.
			http
				.get({host: '127.0.0.1', port: this.#port, path, agent: false, headers}, async response => {
					const body = await text(response);
					const lines = response.headers['set-cookie'] ?? [];
					if (response.statusCode !== 200) reject(new Error(body));
					else resolve({body, cookie: lines.map(line => line.slice(0, line.indexOf(';'))).join('; ')});
				})
				.on('error', reject);
		});
	}
}
