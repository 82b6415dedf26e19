import type {Socket} from 'node:net';

/** How much longer to wait than the database does, so that it can report the time-out and the connection survives. */
const grace = 1000;

/** After which rest the system asks whether the other side is still there, in milliseconds. */
const keepAliveAfter = 5000;

/**
Ends a connection on which nothing arrived for too long: the server hangs, or the connection broke silently.

The time limits of client libraries only give up on the reply, and the next statement would wait for that reply too.
*/
export const limitSilence = (socket: Socket, queryTimeout: number): Socket =>
	socket.setKeepAlive(true, keepAliveAfter).setTimeout(queryTimeout + grace, () => {
		const error = new Error(`The database didn't answer within ${queryTimeout} ms`);
		socket.destroy(Object.assign(error, {code: 'ETIMEDOUT'}));
	});
