/** What errors of the driver and of the server tell, as far as we ask. */
type Fault = Error & {readonly code?: unknown};

const toFault = (error: unknown): Fault => (error instanceof Error ? error : new Error('Unknown fault'));

/** Tells whether a document was refused because there is one under its key. */
export const isTaken = (error: unknown): boolean => toFault(error).code === 11_000;

/**
Tells whether the connection broke, so that a write was applied or not.

The driver sends it once more where the server is one of a replica set. Not after a time-out: who waited so long need
not wait again.
*/
export const isLostReply = (error: unknown): boolean => {
	const {name, code} = toFault(error);
	// The driver passes on a socket's own error where it waited to write.
	return name === 'MongoNetworkError' || code === 'EPIPE' || code === 'ECONNRESET';
};

/** Servers quote commands, keys and documents, in braces or double quotes; errors carry them as fields, too. */
export const withoutData = (error: unknown): Error => {
	const {message, code} = toFault(error);
	const told = new Error(message.replace(/\s*[{"].*/s, ''));
	return code === undefined ? told : Object.assign(told, {code});
};
