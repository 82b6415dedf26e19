import type {Callback} from '../session.ts';

/** Calls a callback outside of the promise, which would catch what the callback throws. */
export const answer = (work: Promise<void>, callback: Callback): void => {
	const tell = (error?: unknown) => process.nextTick(callback, error);
	work.then(() => tell(), tell);
};
