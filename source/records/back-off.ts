import {setTimeout as sleep} from 'node:timers/promises';
import {SessionError} from '../errors.ts';

/** How often a write is tried while other requests are faster. 50 parallel requests on one session need far fewer. */
const maxTries = 100;

/** The longest wait between two tries, in milliseconds. */
const longestPause = 20;

/**
Waits for a short random time after another request was faster, so that all get their turn.

@throws SessionError `ERR_SESSION_CONFLICT` when the tries are used up.
*/
export const backOff = async (tries: number): Promise<void> => {
	if (tries >= maxTries) {
		throw new SessionError(
			'ERR_SESSION_CONFLICT',
			`Other requests changed the session ${tries} times in a row, so this change wasn't stored. Try again`,
		);
	}

	await sleep(Math.random() * Math.min(2 ** tries, longestPause));
};
