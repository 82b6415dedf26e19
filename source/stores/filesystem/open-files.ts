import {setTimeout as pause} from 'node:timers/promises';
import {limit} from './limit.ts';
import {hasCode} from './system.ts';

/**
How many files this process may have open for its stores.

Node has 4 threads for them unless told otherwise, so more would only wait while they are open. And the system limits how
many a process may have, connections included.
*/
const most = 16;

/** How long to wait for the system to have room for another file, in milliseconds: less than the default `storeTimeout`. */
const patience = 1500;

/** The longest wait between two tries, in milliseconds. */
const longestPause = 50;

/** Waits its turn to have a file open, and lets the next one have it after `work`. */
export const inTurn = limit(most);

/** Opens something, and tries again while too many files are open: in this process, or on this machine. */
export const openPatiently = async <Opened>(open: () => Promise<Opened>): Promise<Opened> => {
	const latest = performance.now() + patience;
	for (let tries = 1; ; tries++) {
		try {
			return await open();
		} catch (error) {
			if (!hasCode(error, 'EMFILE', 'ENFILE') || performance.now() >= latest) throw error;
			await pause(Math.random() * Math.min(2 ** tries, longestPause));
		}
	}
};
