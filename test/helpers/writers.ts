import {type ChildProcess, fork} from 'node:child_process';
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
	const children = Array.from({length: processes}, () =>
		fork(fileURLToPath(new URL('writer.ts', import.meta.url)), [url, String(updatesEach)]),
	);
	await Promise.all(children.map(next));

	return {
		async update(key, version) {
			const replies = children.map(next);
			const order: Order = {key, version};
			for (const child of children) child.send(order);
			return (await Promise.all(replies)).flat();
		},
		stop() {
			for (const child of children) child.kill('SIGKILL');
		},
	};
};

const next = async (child: ChildProcess): Promise<string[]> => {
	const [reply] = await once(child, 'message', {signal: AbortSignal.timeout(30_000)});
	if (!Array.isArray(reply)) throw new TypeError('Expected a writer to reply with a list');
	return reply;
};
