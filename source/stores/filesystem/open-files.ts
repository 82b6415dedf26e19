import {setTimeout as pause} from 'node:timers/promises';
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

let free = most;
const waiting: (() => void)[] = [];

/** Waits its turn to have a file open, and lets the next one have it after `work`. */
export const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
	if (free > 0) free--;
	else await new Promise<void>(resolve => waiting.push(resolve));

	try {
		return await work();
	} finally {
		const next = waiting.shift();
		if (next) next();
		else free++;
	}
};

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
