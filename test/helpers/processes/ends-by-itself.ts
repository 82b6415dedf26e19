import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import type {ExecutionContext} from 'ava';

/**
Runs a program in a process of its own, which must end without being told to.

@param program A module, with imports as from the root of the repository, and its arguments in `process.argv` from the second on.
*/
export const endsByItself = async (
	t: ExecutionContext,
	program: string,
	...programArguments: readonly string[]
): Promise<void> => {
	const {stdout} = await promisify(execFile)(
		process.execPath,
		['--input-type=module', '--eval', `${program}\nconsole.log('done');`, ...programArguments],
		// A busy machine must not fail a test.
		{timeout: 100_000},
	);
	t.is(stdout, 'done\n');
};
