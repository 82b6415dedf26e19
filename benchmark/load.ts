import net from 'node:net';

/**
Sends requests over and over, one after the other on each of several connections.

As cheap as can be, and never asleep: the kernel puts the cost of waking a process that waits on the server's account,
and the slower of two servers would have to do so more often.

@param heads What each connection sends: request line and headers.
@returns How long each answer took, in milliseconds.
*/
export const load = async (port: number, heads: readonly string[], requests: number): Promise<readonly number[]> => {
	const latencies: number[] = [];
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
				expected = (expected || lengthOf(chunk)) - chunk.length;
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
	return latencies;
};

/** The length of a whole answer, by its head. @throws Error For any status but 200. */
const lengthOf = (chunk: Buffer): number => {
	const end = chunk.indexOf('\r\n\r\n') + 4;
	const head = chunk.toString('latin1', 0, end);
	const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
	if (!head.startsWith('HTTP/1.1 200') || length === undefined) throw new Error(`Unexpected answer: ${head}`);
	return end + Number(length);
};
