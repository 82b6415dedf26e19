/** Calls a store of express-session, whose methods call back. */
export const called = <Result>(
	call: (done: (error?: unknown, result?: Result) => void) => void,
): Promise<Result | undefined> =>
	new Promise((resolve, reject) => {
		call((error, result) => (error ? reject(error) : resolve(result)));
	});

/**
Takes a missing file for a missing session, as express-session and koa-generic-session do: stores that keep files just
report `ENOENT`.

A missing socket has that code, too: then its server is down, which says nothing about a session.

@throws Error Any other error, as it is.
*/
export const unlessMissing = (error: unknown): undefined => {
	const {code, syscall} = (error ?? {}) as NodeJS.ErrnoException;
	if (code !== 'ENOENT' || syscall === 'connect') throw error;
};
