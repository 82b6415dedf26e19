#!/usr/bin/env node
/** `koa-server-session <command>`: work on an application's sessions from the command line. */
import {main} from './commands/main.ts';

// A reader such as `head` may close the pipe early.
process.stdout.on('error', () => {});
process.exitCode = await main(process.argv.slice(2), process);
