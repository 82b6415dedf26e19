import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';

/** What became of the increments. */
export type Increments = {
	/** The numbers that processes were told they had written. */
	readonly acknowledged: readonly number[];
	/** What else processes said: errors. */
	readonly errors: readonly string[];
	readonly kills: number;
};

const processes = 4;
const acknowledgementsAKill = 20;

/**
Lets processes increment one number, and kills one of them again and again, at any point of what it does.

Between two kills, one is stopped for a while, so that others meet what it left half-way, and then goes on itself.

@param url Where the store is, as `open()` understands it.
@param key Of a record whose bytes are the digits of a number.
*/
export const incrementUnderKills = async (url: string, key: string, mostKills: number): Promise<Increments> => {
	const acknowledged: number[] = [];
	const errors: string[] = [];
	const running = new Set<ChildProcess>();
	const ended: Promise<unknown>[] = [];
	let left = mostKills;
	let stopped: ChildProcess | undefined;
	let finish = () => {};
	const finished = new Promise<void>(resolve => {
		finish = resolve;
	});

	const kill = (child: ChildProcess) => {
		running.delete(child);
		child.kill('SIGKILL');
	};

	const start = () => {
		const child = fork(fileURLToPath(new URL('incrementer.ts', import.meta.url)), [url, key]);
		running.add(child);
		ended.push(once(child, 'close'));
		child.on('message', message => {
			if (typeof message !== 'number') {
				errors.push(String(message));
				finish();
			} else if (acknowledged.push(message) % acknowledgementsAKill === 0) {
				disturb(child);
			}
		});
	};

	const disturb = (child: ChildProcess) => {
		stopped?.kill('SIGCONT');
		const others = [...running].filter(other => other !== child && other !== stopped);
		[stopped] = others;
		stopped?.kill('SIGSTOP');

		const victim = others[1] ?? child;
		kill(victim);
		if (--left > 0) start();
		else finish();
	};

	for (let started = 0; started < processes; started++) start();
	await finished;
	for (const child of running) kill(child);
	await Promise.all(ended);
	return {acknowledged, errors, kills: ended.length};
};
