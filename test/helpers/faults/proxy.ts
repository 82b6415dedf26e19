import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';

/** A TCP proxy on loopback, for what goes wrong between a client and its server. */
export type Proxy = {
	readonly port: number;

	/** Lets the next request reach the server, and breaks the connection instead of passing on the reply. */
	loseNextReply(): void;

	/** How many replies were lost so far. */
	readonly lost: number;

	/** How many connections clients made so far. */
	readonly connections: number;

	/** Drops whatever comes on the connections that stand, in either direction and without a word, as a firewall does. */
	forget(): void;

	/** Sends new connections to another server; those that stand stay. */
	redirect(port: number): void;
	close(): void;
};

export const startProxy = async (target: number): Promise<Proxy> => {
	let port = target;
	let isLossy = false;
	let lost = 0;
	let connections = 0;
	const sockets = new Set<Socket>();
	const forgotten = new Set<Socket>();

	const server = createServer(near => {
		connections++;
		const far = connect(port, '127.0.0.1');
		const end = () => void [near, far].map(socket => socket.destroy());
		for (const socket of [near, far]) {
			sockets.add(socket);
			socket.on('error', end).on('close', end);
		}

		near.on('data', chunk => void (forgotten.has(near) || far.write(chunk)));
		far.on('data', chunk => {
			if (forgotten.has(near)) return;
			if (!isLossy) return void near.write(chunk);

			isLossy = false;
			lost++;
			end();
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();

	return {
		port: typeof address === 'object' && address ? address.port : 0,
		loseNextReply() {
			isLossy = true;
		},
		get lost() {
			return lost;
		},
		get connections() {
			return connections;
		},
		forget() {
			for (const socket of sockets) forgotten.add(socket);
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
