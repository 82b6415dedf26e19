import {spawnSync} from 'node:child_process';
import {availableParallelism} from 'node:os';

/** How to start a program. */
export type Start = {readonly execPath: string; readonly execArgv: string[]};

const pin = 'taskset';
let isFree = false;

/**
Keeps a core free for servers: this process, and what it starts from now on, stay on the others. Does nothing where the
system can't.

Otherwise the kernel often wakes a core for Redis, and charges that to the server that sent a command. The slower of two
servers lets Redis wait more often, so it would pay more for the same command.
*/
export const keepCoreFree = (): void => {
	const cores = availableParallelism();
	if (isFree || cores < 2) return;
	const {status} = spawnSync(pin, ['--all-tasks', '--cpu-list', '--pid', `1-${cores - 1}`, `${process.pid}`]);
	isFree = status === 0;
};

/** How to start a server on the core that is free for it. */
export const onFreeCore = (node: string, execArgv: readonly string[]): Start =>
	isFree
		? {execPath: pin, execArgv: ['--cpu-list', '0', node, ...execArgv]}
		: {execPath: node, execArgv: [...execArgv]};
