import {setTimeout as sleep} from 'node:timers/promises';

/** The longest wait between two tries, in milliseconds. */
const longestPause = 50;

/** Waits for a short random time after another party was faster, so that all get their turn. */
export const backOff = (tries: number): Promise<void> => sleep(Math.random() * Math.min(2 ** tries, longestPause));
