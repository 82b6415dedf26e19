import type {Socket} from 'node:net';

/** How much longer to wait than the database itself does, so that it can say so and the connection lives on. */
const grace = 1000;

/**
Ends a connection on which nothing came for too long: the server hangs, or is gone without a word.

The time limits of client libraries only give up on the reply, and the next statement would wait behind that one.
*/
export const limitSilence = (socket: Socket, queryTimeout: number): Socket =>
	socket.setTimeout(queryTimeout + grace, () => {
		socket.destroy(new Error(`The database didn't answer within ${queryTimeout} ms`));
	});
