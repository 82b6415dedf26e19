import {once} from 'node:events';
import {connect} from 'node:net';

/**
Sends bytes as they are, one a character, and resolves with all that comes back.

For what an HTTP client refuses to send. A request line and headers without the empty line at their end.
*/
export const rawRequest = async (port: number, head: string): Promise<string> => {
	const socket = connect(port, '127.0.0.1');
	const chunks: Buffer[] = [];
	socket.on('data', chunk => chunks.push(chunk));
	socket.write(Buffer.from(`${head}\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 'latin1'));
	await once(socket, 'close');
	return Buffer.concat(chunks).toString('latin1');
};
