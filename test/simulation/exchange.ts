import {EventEmitter} from 'node:events';
import type {IncomingMessage, ServerResponse} from 'node:http';

/** As much of a request as Koa and the session ask for. */
export class LightRequest {
	readonly method = 'GET';
	readonly url = '/';
	readonly headers: Record<string, string>;
	readonly socket = {encrypted: false, destroyed: false, writable: true};
	aborted = false;

	/** Whether the application doesn't count it as use of the session. */
	isPoll = false;

	constructor(cookie: string | undefined) {
		this.headers = cookie === undefined ? {} : {cookie};
	}

	/** The client closes the connection. */
	abort(): void {
		this.aborted = true;
		this.socket.destroyed = true;
		this.socket.writable = false;
	}

	get message(): IncomingMessage {
		return this as unknown as IncomingMessage;
	}
}

type Value = number | string | readonly string[];

/** As much of a response as Koa and the session ask for. No byte of it travels. */
export class LightResponse extends EventEmitter {
	statusCode = 200;
	statusMessage = '';
	headersSent = false;
	finished = false;
	closed = false;
	readonly destroyed = false;
	readonly socket: LightRequest['socket'];

	/** Called when the headers are sent, with their cookies. */
	readonly #onHead: (setCookie: readonly string[]) => void;
	readonly #headers = new Map<string, Value>();

	constructor(request: LightRequest, onHead: (setCookie: readonly string[]) => void) {
		super();
		this.#onHead = onHead;
		this.socket = request.socket;
	}

	get response(): ServerResponse {
		return this as unknown as ServerResponse;
	}

	get writableEnded(): boolean {
		return this.finished;
	}

	getHeader(name: string): Value | undefined {
		return this.#headers.get(name.toLowerCase());
	}

	getHeaderNames(): string[] {
		return [...this.#headers.keys()];
	}

	getHeaders(): Record<string, Value> {
		return Object.fromEntries(this.#headers);
	}

	hasHeader(name: string): boolean {
		return this.#headers.has(name.toLowerCase());
	}

	setHeader(name: string, value: Value): this {
		this.#headers.set(name.toLowerCase(), value);
		return this;
	}

	removeHeader(name: string): void {
		this.#headers.delete(name.toLowerCase());
	}

	writeHead(status: number): this {
		this.statusCode = status;
		this.headersSent = true;
		const lines = this.getHeader('set-cookie');
		this.#onHead(lines === undefined ? [] : [lines].flat().map(String));
		return this;
	}

	flushHeaders(): void {
		if (!this.headersSent) this.writeHead(this.statusCode);
	}

	end(): this {
		this.flushHeaders();
		this.finished = true;
		return this;
	}

	/** The response is over, complete or not. */
	close(): void {
		this.closed = true;
		this.emit('close');
	}
}
