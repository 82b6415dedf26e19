import type {Socket} from 'node:net';

/** How much longer to wait than the database does, so that it can report the time-out and the connection survives. */
const grace = 1000;

/**
Ends a connection on which nothing arrived for too long: the server hangs, or the connection broke silently.

The time limits of client libraries only give up on the reply, and the next statement would wait for that reply too.
*/
export const limitSilence = (socket: Socket, queryTimeout: number): Socket =>
	socket.setTimeout(queryTimeout + grace, () => {
		socket.destroy(new Error(`The database didn't answer within ${queryTimeout} ms`));
	});
