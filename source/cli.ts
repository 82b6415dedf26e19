#!/usr/bin/env node
/** `koa-server-session <command>`: work on an application's sessions from the command line. */
import {main} from './commands/main.ts';

// A reader such as `head` may close its pipe early. A disk that is full loses what was to be read.
for (const output of [process.stdout, process.stderr]) {
	output.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') return;
		process.exitCode = 1;
		if (output === process.stdout) process.stderr.write(`The output was lost: ${error.message}\n`);
	});
}
const code = await main(process.argv.slice(2), process);
process.exitCode ||= code;
