import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import http from 'node:http';
import net from 'node:net';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {quantile} from '../statistics.ts';
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

	/** Sends the requests of all visitors at once. */
	async measure(path: string, {hasCookie, requests, isOneSession = false}: Load): Promise<RequestFigures> {
		const heads = this.#cookies.map(own => {
			const cookie = isOneSession ? this.#cookies[0] : own;
			return [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...(hasCookie ? [`Cookie: ${cookie}`] : [])].join('\r\n');
		});
		const before = await this.#ask<Costs>('costs');
		const startedAt = performance.now();
		const {latencies, conflicts} = await load(this.#port, heads, requests, isOneSession ? [200, 409] : [200]);
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

/**
Sends requests on several connections, one after the other on each.

It is as cheap as possible and never sleeps: the kernel charges the server for waking a process that waits, and the slower
of two servers would pay for that more often.

@param heads What each connection sends: the request line and the headers.
@param statuses What the answers may have. Any other fails the measurement.
@returns How long each response took, in milliseconds, and how many had the status 409.
*/
const load = async (
	port: number,
	heads: readonly string[],
	requests: number,
	statuses: readonly number[],
): Promise<{readonly latencies: readonly number[]; readonly conflicts: number}> => {
	const latencies: number[] = [];
	let conflicts = 0;
	let left = requests;
	const connection = (head: string) =>
		new Promise<void>((resolve, reject) => {
			const request = Buffer.from(`${head}\r\n\r\n`, 'latin1');
			const socket = net.connect(port, '127.0.0.1');
			let expected = 0;
			let sentAt = 0;
			const next = () => {
				sentAt = performance.now();
				if (left-- > 0) socket.write(request);
				else socket.end(() => resolve());
			};

			socket.setNoDelay(true);
			socket.on('connect', next);
			socket.on('error', reject);
			socket.on('data', chunk => {
				if (expected === 0) {
					const {status, length} = readHead(chunk, statuses);
					expected = length;
					if (status === 409) conflicts++;
				}
				expected -= chunk.length;
				if (expected > 0) return;
				latencies.push(performance.now() - sentAt);
				next();
			});
		});

	let isDone = false;
	const stayAwake = () => {
		if (!isDone) setImmediate(stayAwake);
	};
	stayAwake();
	await Promise.all(heads.map(connection));
	isDone = true;
	return {latencies, conflicts};
};

/** The status of a response, and its whole length, as its head says. @throws Error For any other status. */
const readHead = (chunk: Buffer, statuses: readonly number[]): {status: number; length: number} => {
	const end = chunk.indexOf('\r\n\r\n') + 4;
	const head = chunk.toString('latin1', 0, end);
	const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
	const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
	if (!statuses.includes(status) || length === undefined)
		throw new Error(`Expected a response with status ${statuses.join(' or ')}, got ${head}`);
	return {status, length: end + Number(length)};
};
