import {type ChildProcess, execFile} from 'node:child_process';
import {join} from 'node:path';

const program = join(import.meta.dirname, '../../../source/cli.ts');

/** What a command printed, and how it ended. */
export type Ended = {readonly code: number; readonly stdout: string; readonly stderr: string};

/** What a command finds around it. */
export type Surroundings = {readonly input?: string; readonly env?: Readonly<Record<string, string>>};

/** Starts the command line as a shell would. */
export const start = (
	args: readonly string[],
	{input = '', env = {}}: Surroundings = {},
): {readonly child: ChildProcess; readonly ended: Promise<Ended>} => {
	const {promise, resolve} = Promise.withResolvers<Ended>();
	const child = execFile(
		process.execPath,
		[program, ...args],
		{env: {...process.env, ...env}, maxBuffer: 2 ** 26},
		(_error, stdout, stderr) => resolve({code: child.exitCode ?? -1, stdout, stderr}),
	);
	child.stdin?.end(input);
	return {child, ended: promise};
};

/** Runs the command line to its end. */
export const run = (args: readonly string[], surroundings?: Surroundings): Promise<Ended> =>
	start(args, surroundings).ended;

/** Runs a command that must succeed; gives what it says to programs. */
export const runJson = async (args: readonly string[], surroundings?: Surroundings) => {
	const {code, stdout, stderr} = await run([...args, '--json'], surroundings);
	if (code !== 0 || stderr !== '')
		throw new Error(`Expected \`${args[0]}\` to succeed, got ${code}: ${stderr}${stdout}`);
	return JSON.parse(stdout);
};
