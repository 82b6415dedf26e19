#!/usr/bin/env node
/**
`koa-server-session <command>`: work on an application's sessions from the command line.

Answers go to standard output, errors to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage.
*/
import {readArguments} from './commands/arguments.ts';
import {type Answer, type Command, type CommandOption, UsageError} from './commands/command.ts';
import {createTable} from './commands/create-table.ts';
import {helpOf, overview} from './commands/help.ts';
import {inspect} from './commands/inspect.ts';
import {keygen} from './commands/keygen.ts';
import {list} from './commands/list.ts';
import {migrate} from './commands/migrate.ts';
import {printable} from './commands/printable.ts';
import {prune} from './commands/prune.ts';
import {revoke} from './commands/revoke.ts';
import {SessionError} from './errors.ts';
import {suggestion} from './options/suggestion.ts';

/** To add a command: its file in `commands/`, and its name here. */
const commands: Readonly<Record<string, Command>> = {
	keygen,
	'create-table': createTable,
	prune,
	inspect,
	list,
	revoke,
	migrate,
};

const common = {
	json: {type: 'boolean', help: 'Print JSON'},
	help: {type: 'boolean', short: 'h', help: 'Show this'},
} as const satisfies Record<string, CommandOption>;

const run = async ([name = '--help', ...args]: readonly string[]): Promise<Answer> => {
	if (name === '--help' || name === '-h') return {text: overview(commands), data: undefined};

	const known = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (!known) throw unknown(name);

	const command = {...known, options: {...known.options, ...common}};
	const {values, argument} = readArguments(args, command.options, command.argument);
	if (values['help']) return {text: helpOf(name, command), data: undefined};

	const {text, data, hasFailed = false} = await command.run(values, argument);
	return {text: values['json'] ? JSON.stringify(data) : text, data, hasFailed};
};

const unknown = (name: string): UsageError => {
	// Anything that doesn't look like a command may be an id, or a URL with a password.
	const isQuotable = /^[a-z-]{1,20}$/i.test(name);
	return new UsageError(
		`Unknown command${isQuotable ? ` \`${name}\`` : ''}. ${suggestion(isQuotable ? name : '', Object.keys(commands))}`,
	);
};

/** What went wrong, and its cause if that is known. */
const messageOf = (error: unknown): string => {
	if (!(error instanceof Error)) return 'Unknown error';
	const {message, cause} = error;
	if (!(cause instanceof Error)) return message;
	// The message ends with what to do, so the cause goes in brackets.
	if (isUsage(error)) return `${message} (${cause.message})`;
	return `${message.replace(/(?:: \w+)?\. See `cause`$/, '')}: ${cause.message}`;
};

/** A wrong URL is wrong usage too: running the command again doesn't help. */
const isUsage = (error: unknown): boolean =>
	error instanceof UsageError || (error instanceof SessionError && error.code === 'ERR_SESSION_STORE_URL');

// A reader such as `head` may close the pipe early.
process.stdout.on('error', () => {});

try {
	const {text, hasFailed} = await run(process.argv.slice(2));
	console.log(printable(text));
	if (hasFailed) process.exitCode = 1;
} catch (error) {
	console.error(printable(messageOf(error)));
	process.exitCode = isUsage(error) ? 2 : 1;
}
