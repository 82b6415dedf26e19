import {outOfRange} from '../options/checks.ts';
import {type Duration, readLifetime} from '../options/duration.ts';
import type {Lifetime, Timeouts} from '../records/expiry.ts';

/** The names of a session's own timeouts. */
export type TimeoutName = 'idleTimeout' | 'absoluteTimeout';

/**
Reads a timeout that an application sets for one session.

@returns Milliseconds; `undefined` for the option's.
@throws TypeError, RangeError As for the option of the same name.
*/
export const readTimeout = (name: TimeoutName, value: Duration | undefined): number | undefined =>
	value === undefined
		? undefined
		: readLifetime(name, value, name === 'idleTimeout' ? {least: 1000} : {least: 1000, canBeInfinite: true});

/**
Refuses a long idle timeout that would do nothing, because the option `absoluteTimeout` ends the session first.

Checks only what a request sets, because the option may have become shorter since. Runs before a merge: merging two valid
changes may make such a pair, which does no harm.

@param before The session as it was.
@throws RangeError It says to set the session's `absoluteTimeout` too.
*/
export const checkTimeouts = (session: Lifetime, before: Lifetime | undefined, options: Timeouts): void => {
	const {idleTimeout, absoluteTimeout} = session;
	if (idleTimeout === undefined || absoluteTimeout !== undefined || idleTimeout <= options.absoluteTimeout) return;
	if (before && before.idleTimeout === idleTimeout && before.absoluteTimeout === undefined) return;

	const most = `at most ${options.absoluteTimeout} ms, the option \`absoluteTimeout\``;
	const {message} = outOfRange('idleTimeout', most, idleTimeout);
	throw new RangeError(`${message}. Set the session's \`absoluteTimeout\` too: no session outlives it`);
};
