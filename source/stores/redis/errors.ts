/** What ioredis says when it gave up reaching a server: that it did, but not why. */
const gaveUp = /^(?:Reached the max retries per request|Cluster isn't ready|Connection is closed)/;

/**
Makes the error that the store throws.

@param fault What the connection failed with, if it ever did.
*/
export const toFault = (error: unknown, fault: Error | undefined): Error => {
	const given: NodeJS.ErrnoException = error instanceof Error ? error : new Error('Unknown fault');
	return withoutData(fault && gaveUp.test(given.message) ? fault : given);
};

/** The errors of ioredis carry the command with its arguments, and an unknown command's message quotes them. */
const withoutData = ({message, code}: NodeJS.ErrnoException): Error => {
	const told = new Error(message.replace(/, with args beginning with.*/s, ''));
	return code === undefined ? told : Object.assign(told, {code});
};
