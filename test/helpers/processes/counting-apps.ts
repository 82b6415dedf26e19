import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

/** Starts the application in processes of their own, on one store; resolves with their ports. They end with the test. */
export const startCountingApps = async (t: ExecutionContext, url: string, processes: number): Promise<number[]> => {
	const apps = await Promise.all(Array.from({length: processes}, () => startCountingApp(t, url)));
	return apps.map(({port}) => port);
};

/** Starts the application in a process of its own, which ends with the test. */
export const startCountingApp = async (t: ExecutionContext, url: string): Promise<{port: number; pid: number}> => {
	const child = fork(fileURLToPath(new URL('counting-app.ts', import.meta.url)), [url]);
	t.teardown(() => child.kill('SIGKILL'));

	// Else an application that fails would be waited for without end.
	const ended = new AbortController();
	child.once('exit', code => ended.abort(new Error(`Expected an application to start, but it ended with ${code}`)));
	const [port] = await once(child, 'message', {signal: ended.signal});
	return {port: Number(port), pid: child.pid ?? 0};
};
