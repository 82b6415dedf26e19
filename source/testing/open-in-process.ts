import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {extname} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Store} from '../store.ts';
import type {Abilities, Answer, Call} from './store-process.ts';

/**
Opens a store in another process. The store that it resolves with passes each call on to that process.

Use it to open another store for the cases that need `shared`. Calls made at once are passed on at once. The process
keeps this one alive until `close()`, which closes the store there and ends the process. After that every call rejects.

@param module The URL of a module whose function `open` takes `parameters` and returns a store, or a promise of one.
@param parameters Anything that can be cloned.
@throws Error What `open` threw, or if the process ends before it has a store.

@example
import {type OpenAnother, openInProcess} from 'koa-server-session/testing';

const module = import.meta.resolve('koa-server-session/stores/open');
const openAnother: OpenAnother = () => openInProcess(module, 'file:./sessions');
*/
export const openInProcess = async (module: string | URL, ...parameters: readonly unknown[]): Promise<Store> => {
	// Next to this file: TypeScript in this repository, JavaScript in the published package.
	const file = new URL(`./store-process${extname(import.meta.url)}`, import.meta.url);
	const child = fork(fileURLToPath(file), {serialization: 'advanced'});
	const ask = asking(child);
	const {maxBytes, methods} = await ask<Abilities>('open', String(module), ...parameters).catch(error => {
		child.kill();
		throw error;
	});

	const close = async (): Promise<void> => {
		if (!child.connected) return;
		const ended = once(child, 'exit');
		try {
			await ask('close');
		} finally {
			if (child.connected) child.disconnect();
			await ended;
		}
	};
	let closed: Promise<void> | undefined;
	return {
		create: (...parameters) => ask('create', ...parameters),
		read: (...parameters) => ask('read', ...parameters),
		update: (...parameters) => ask('update', ...parameters),
		touch: (...parameters) => ask('touch', ...parameters),
		delete: (...parameters) => ask('delete', ...parameters),
		close() {
			closed ??= close();
			return closed;
		},
		...(methods.includes('prune') && {prune: limit => ask<number>('prune', limit)}),
		...(methods.includes('bySubject') && {
			async *bySubject(subject) {
				yield* await ask<string[][]>('bySubject', subject);
			},
		}),
		...(methods.includes('keys') && {
			async *keys(prefix) {
				yield* await ask<string[][]>('keys', prefix);
			},
		}),
		...(maxBytes !== undefined && {maxBytes}),
	};
};

/** Questions to a process. Each is answered, or fails if the process ends. */
const asking = (child: ChildProcess) => {
	const waiting = new Map<number, (answer: Answer) => void>();
	let asked = 0;
	let end: Error | undefined;

	child.on('message', (answer: Answer) => {
		waiting.get(answer.id)?.(answer);
		waiting.delete(answer.id);
	});
	child.once('exit', (code, signal) => {
		end = new Error(`The store was closed: its process ended with ${signal ?? code}`);
		for (const [id, settle] of waiting) settle({id, error: end});
	});

	return <Result>(method: Call['method'], ...parameters: readonly unknown[]): Promise<Result> =>
		new Promise((resolve, reject) => {
			if (end ?? !child.connected) return reject(end ?? new Error('The store was closed, and its process with it'));
			const id = asked++;
			waiting.set(id, answer => ('error' in answer ? reject(answer.error) : resolve(answer.result as Result)));
			const call: Call = {id, method, parameters};
			child.send(call, error => error && reject(error));
		});
};
