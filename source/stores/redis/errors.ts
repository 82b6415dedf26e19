/** What ioredis says when it gave up connecting. It doesn't say why it couldn't. */
const gaveUp = /^(?:Reached the max retries per request|Cluster isn't ready|Connection is closed)/;

/**
Makes the error that the store throws.

@param fault Why the connection failed last, if it ever did.
*/
export const toFault = (error: unknown, fault: Error | undefined): Error => {
	const given: NodeJS.ErrnoException = error instanceof Error ? error : new Error('Unknown fault');
	return withoutData(fault && gaveUp.test(given.message) ? fault : given);
};

/** Errors of ioredis carry the command with its arguments, and the message about an unknown command quotes them. */
const withoutData = ({message, code}: NodeJS.ErrnoException): Error => {
	const told = new Error(message.replace(/, with args beginning with.*/s, ''));
	return code === undefined ? told : Object.assign(told, {code});
};
