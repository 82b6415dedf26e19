import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

/** A process that runs the application on one store after another. */
export type CountingProcess = {
	readonly pid: number;

	/** Starts the application on one more store; resolves with its port. */
	serve(url: string): Promise<number>;
	end(): void;
};

export const startCountingProcess = (): CountingProcess => {
	const child = fork(fileURLToPath(new URL('counting-app.ts', import.meta.url)));
	// Else an application that fails would be waited for without end.
	const ended = new AbortController();
	child.once('exit', code => ended.abort(new Error(`Expected an application to run, but it ended with ${code}`)));
	return {
		pid: child.pid ?? 0,
		async serve(url) {
			child.send(url);
			const [port] = await once(child, 'message', {signal: ended.signal});
			return Number(port);
		},
		end: () => void child.kill('SIGKILL'),
	};
};

/** Starts the application in a process of its own, which ends with the test. */
export const startCountingApp = async (t: ExecutionContext, url: string): Promise<{port: number; pid: number}> => {
	const {pid, serve, end} = startCountingProcess();
	t.teardown(end);
	return {port: await serve(url), pid};
};
