/** The part of the driver's and the server's errors that is used here. */
type DriverError = Error & {readonly code?: unknown};

const toDriverError = (error: unknown): DriverError => (error instanceof Error ? error : new Error('Unknown fault'));

/** Whether a document was refused because its key is taken. */
export const isTaken = (error: unknown): boolean => toDriverError(error).code === 11_000;

/** What the driver calls it if a connection broke: its own, another one while it waited, or all since the server hung. */
const losses: readonly string[] = ['MongoNetworkError', 'MongoPoolClearedError', 'PoolClearedOnNetworkError'];

/**
Whether the connection broke, so that a write may have been applied or not.

The driver sends the write again if the server is part of a replica set. Not after a time-out: who waited that long
needn't wait again.
*/
export const isLostReply = (error: unknown): boolean => {
	const {name, code} = toDriverError(error);
	// If it was waiting to write, the driver passes on the socket's error.
	return losses.includes(name) || code === 'EPIPE' || code === 'ECONNRESET';
};

/** Messages of servers quote commands, keys and documents, in braces or double quotes. Errors also carry them as fields. */
export const withoutData = (error: unknown): Error => {
	const {message, code} = toDriverError(error);
	const told = new Error(message.replace(/\s*[{"].*/s, ''));
	return code === undefined ? told : Object.assign(told, {code});
};
