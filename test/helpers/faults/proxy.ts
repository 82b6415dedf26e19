import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';
import {setTimeout as pause} from 'node:timers/promises';

/** A TCP proxy on loopback, for what goes wrong between a client and its server. */
export type Proxy = {
	readonly port: number;

	/**
	Lets the next request reach the server, and breaks the connection instead of passing on the reply.

	@param instead What arrives in place of the reply before that, such as its beginning.
	*/
	loseNextReply(beforeItBreaks?: () => Promise<void>, instead?: (reply: Buffer) => Buffer): void;

	/** How many replies were lost so far. */
	readonly lost: number;

	/** How many connections clients made so far. */
	readonly connections: number;

	/** Lets the connections that stand hang without a word, as a firewall does that forgot them. New ones work. */
	freeze(): void;

	/** Holds up each reply for so long, in milliseconds. Their order stays. */
	delayReplies(draw: () => number): void;

	/** Keeps what clients send from now on. The returned function gives it, a character for each byte. */
	overhear(): () => string;

	/** Sends new connections to another server; those that stand stay. */
	redirect(port: number): void;
	close(): void;
};

export const startProxy = async (target: number): Promise<Proxy> => {
	let port = target;
	let isLossy = false;
	let between = async () => {};
	let lastWords: ((reply: Buffer) => Buffer) | undefined;
	let lost = 0;
	let connections = 0;
	let frozen = 0;
	let drawDelay: (() => number) | undefined;
	let overheard: Buffer[] | undefined;
	const sockets = new Set<Socket>();

	const server = createServer(near => {
		const far = connect(port, '127.0.0.1');
		const end = () => void [near, far].map(socket => socket.destroy());
		for (const socket of [near, far]) {
			sockets.add(socket);
			socket.on('error', end).on('close', end);
		}

		const openedAt = ++connections;
		const isFrozen = () => openedAt <= frozen;
		near.on('data', chunk => {
			overheard?.push(chunk);
			if (!isFrozen()) far.write(chunk);
		});
		let delivered = Promise.resolve();
		const deliver = (chunk: Buffer): void => {
			if (!drawDelay) return void near.write(chunk);
			const due = performance.now() + drawDelay();
			delivered = delivered.then(async () => {
				await pause(Math.max(due - performance.now(), 0));
				near.write(chunk);
			});
		};
		far.on('data', chunk => {
			if (isFrozen()) return;
			if (!isLossy) return deliver(chunk);

			isLossy = false;
			lost++;
			void between().finally(() => (lastWords ? near.end(lastWords(chunk), end) : end()));
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();

	return {
		port: typeof address === 'object' && address ? address.port : 0,
		loseNextReply(beforeItBreaks = async () => {}, instead) {
			isLossy = true;
			between = beforeItBreaks;
			lastWords = instead;
		},
		get lost() {
			return lost;
		},
		get connections() {
			return connections;
		},
		freeze() {
			frozen = connections;
		},
		delayReplies(draw) {
			drawDelay = draw;
		},
		overhear() {
			const heard: Buffer[] = [];
			overheard = heard;
			return () => Buffer.concat(heard).toString('latin1');
		},
		redirect(to) {
			port = to;
		},
		close() {
			server.close();
			for (const socket of sockets) socket.destroy();
		},
	};
};
