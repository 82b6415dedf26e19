import {once} from 'node:events';
import net, {type Socket} from 'node:net';

/** What came of some requests. */
export type Answers = {
	/** How long each response took, in milliseconds. */
	readonly latencies: readonly number[];

	/** How many had the status 409. */
	readonly conflicts: number;
};

type Connection = {readonly socket: Socket; readonly request: Buffer};

/** Connections to a server, each with the request that it sends again and again. */
export class Connections {
	readonly #all: readonly Connection[];

	private constructor(all: readonly Connection[]) {
		this.#all = all;
	}

	/** @param heads What each sends: the request line and the headers. */
	static async open(port: number, heads: readonly string[]): Promise<Connections> {
		const all = heads.map(head => ({
			socket: net.connect({port, host: '127.0.0.1', noDelay: true}),
			request: Buffer.from(`${head}\r\n\r\n`, 'latin1'),
		}));
		const connections = new Connections(all);
		try {
			await Promise.all(all.map(({socket}) => once(socket, 'connect')));
		} catch (error) {
			connections.close();
			throw error;
		}
		return connections;
	}

	/**
	Sends requests on all of them, one after the other on each.

	It is as cheap as possible and never sleeps: the kernel charges the server for waking a process that waits, and the slower
	of two servers would pay for that more often.

	@param statuses What the answers may have. Any other fails the measurement.
	*/
	async send(requests: number, statuses: readonly number[]): Promise<Answers> {
		const latencies: number[] = [];
		let conflicts = 0;
		let left = requests;
		const useUp = ({socket, request}: Connection) =>
			new Promise<void>((resolve, reject) => {
				let expected = 0;
				let sentAt = 0;
				const next = () => {
					sentAt = performance.now();
					if (left-- > 0) socket.write(request);
					else resolve();
				};

				for (const event of ['data', 'error', 'close']) socket.removeAllListeners(event);
				socket.on('error', reject);
				socket.on('close', () => reject(new Error('The server has closed a connection')));
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
				next();
			});

		let isDone = false;
		const stayAwake = () => {
			if (!isDone) setImmediate(stayAwake);
		};
		stayAwake();
		try {
			await Promise.all(this.#all.map(useUp));
		} finally {
			isDone = true;
		}
		return {latencies, conflicts};
	}

	close(): void {
		for (const {socket} of this.#all) socket.destroy();
	}
}

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
