import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {Version} from '../../source/store.ts';
import type {Order} from './writer.ts';

/** Processes of their own that write to one store, all at the same time. */
export type Writers = {
	/** Lets each of them try several updates of one version; resolves with the texts of those that were stored. */
	update(key: string, version: Version): Promise<string[]>;
	stop(): void;
};

/** @param url Where the store is, as `open()` understands it. */
export const startWriters = async (url: string, processes: number, updatesEach: number): Promise<Writers> => {
	const writers = Array.from({length: processes}, () => startWriter(url, updatesEach));
	await Promise.all(writers.map(({reply}) => reply()));

	return {
		async update(key, version) {
			const order: Order = {key, version};
			const stored = writers.map(async ({child, reply}) => {
				child.send(order);
				return reply();
			});
			return (await Promise.all(stored)).flat();
		},
		stop() {
			for (const {child} of writers) child.kill('SIGKILL');
		},
	};
};

const startWriter = (url: string, updates: number) => {
	const child = fork(fileURLToPath(new URL('writer.ts', import.meta.url)), [url, String(updates)]);
	// Else a writer that fails would be waited for without end.
	const ended = new AbortController();
	child.once('exit', code => ended.abort(new Error(`Expected a writer to reply, but it ended with ${code}`)));
	return {
		child,
		async reply(): Promise<string[]> {
			const [reply] = await once(child, 'message', {signal: ended.signal});
			if (!Array.isArray(reply)) throw new TypeError('Expected a writer to reply with a list');
			return reply;
		},
	};
};
