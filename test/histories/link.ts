import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Random} from './script.ts';

/** What may happen to a piece of a connection. `hang`: longer than a store may take to answer. */
const kinds = ['delay', 'delay', 'delay', 'reset', 'hang'] as const;

/** What a link did on purpose, and how often. */
export type LinkFaults = Partial<Record<'delay' | 'call reset' | 'reply reset' | 'hang', number>>;

/** A TCP connection to a store's server that delays, loses and breaks what passes. */
export class Link {
	readonly injected: LinkFaults = {};

	/** How likely a fault is for each piece that passes. */
	rate = 0;
	readonly #random: Random;
	readonly #sockets = new Set<Socket>();
	readonly #server = createServer(near => this.#join(near));
	readonly #target: number;

	constructor(target: number, random: Random) {
		this.#target = target;
		this.#random = random;
	}

	async open(): Promise<number> {
		this.#server.listen(0, '127.0.0.1');
		await once(this.#server, 'listening');
		const address = this.#server.address();
		return typeof address === 'object' && address ? address.port : 0;
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	#join(near: Socket): void {
		const far = connect(this.#target, '127.0.0.1');
		const end = () => {
			for (const socket of [near, far]) {
				socket.destroy();
				this.#sockets.delete(socket);
			}
		};
		for (const socket of [near, far]) {
			this.#sockets.add(socket);
			socket.setNoDelay(true).on('error', end).on('close', end);
		}
		this.#pass(near, far, 'call reset', end);
		this.#pass(far, near, 'reply reset', end);
	}

	/** Passes one piece after the other, so that a delay holds up what comes after it. */
	#pass(from: Socket, to: Socket, reset: 'call reset' | 'reply reset', end: () => void): void {
		let last = Promise.resolve();
		from.on('data', chunk => {
			last = last.then(async () => {
				const kind = this.rate > 0 && this.#random() < this.rate ? this.#draw() : undefined;
				if (kind === 'delay') await this.#wait('delay', this.#random() * 30);
				if (kind === 'hang') await this.#wait('hang', 1200);
				if (kind === 'reset') {
					this.#count(reset);
					end();
				} else to.write(chunk);
			});
		});
	}

	#draw() {
		return kinds[Math.floor(this.#random() * kinds.length)];
	}

	async #wait(kind: 'delay' | 'hang', duration: number): Promise<void> {
		this.#count(kind);
		await sleep(duration);
	}

	#count(kind: keyof LinkFaults): void {
		this.injected[kind] = (this.injected[kind] ?? 0) + 1;
	}
}

/** The port of a server on this machine that a store's URL names; `undefined` for a file. */
export const portOf = (url: string): number | undefined => {
	const [, port] = /(?:127\.0\.0\.1|localhost):(\d+)/.exec(url) ?? [];
	return port === undefined ? undefined : Number(port);
};

/** The same store, by another port. */
export const throughPort = (url: string, port: number): string =>
	url.replace(/(127\.0\.0\.1|localhost):\d+/, `127.0.0.1:${port}`);
