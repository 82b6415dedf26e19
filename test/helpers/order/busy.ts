import {once} from 'node:events';
import {MessageChannel} from 'node:worker_threads';

/** Keeps the process busy for a time, while an answer comes. Resolves when the process takes the answer. */
export const answeredWhileBusy = async (milliseconds: number): Promise<void> => {
	const {port1, port2} = new MessageChannel();
	const answered = once(port1, 'message');
	port2.postMessage('answer');
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
	await answered;
	port1.close();
};
