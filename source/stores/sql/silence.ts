import type {Socket} from 'node:net';

/** How much longer to wait than the database itself does, so that it can say so and the connection lives on. */
const grace = 1000;

/**
Closes a connection that was silent for too long: the server hangs, or has gone away silently.

The time limits of client libraries only give up on the reply. The next statement would still wait for it.
*/
export const limitSilence = (socket: Socket, queryTimeout: number): Socket =>
	socket.setTimeout(queryTimeout + grace, () => {
		socket.destroy(new Error(`The database didn't answer within ${queryTimeout} ms`));
	});
