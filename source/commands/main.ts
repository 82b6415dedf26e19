import {SessionError} from '../errors.ts';
import {suggestion} from '../options/suggestion.ts';
import {readArguments} from './arguments.ts';
import {clear} from './clear.ts';
import {type Answer, type Command, type CommandOption, type Streams, UsageError} from './command.ts';
import {createTable} from './create-table.ts';
import {helpOf, overview} from './help.ts';
import {inspect} from './inspect.ts';
import {keygen} from './keygen.ts';
import {list} from './list.ts';
import {migrate} from './migrate.ts';
import {printable} from './printable.ts';
import {prune} from './prune.ts';
import {revoke} from './revoke.ts';
import {stats} from './stats.ts';

/** To add a command: its file, and its name here. */
const commands: Readonly<Record<string, Command>> = {
	keygen,
	'create-table': createTable,
	prune,
	inspect,
	list,
	stats,
	revoke,
	clear,
	migrate,
};

const common = {
	json: {type: 'boolean', help: 'Print JSON'},
	help: {type: 'boolean', short: 'h', help: 'Show this'},
} as const satisfies Record<string, CommandOption>;

const run = async ([name = '--help', ...args]: readonly string[], streams: Streams): Promise<Answer> => {
	if (name === '--help' || name === '-h') return {text: overview(commands), data: undefined};

	const known = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (!known) throw unknown(name);

	const command = {...known, options: {...known.options, ...common}};
	const {values, argument} = readArguments(args, command.options, command.argument);
	if (values['help']) return {text: helpOf(name, command), data: undefined};

	const {text, data, hasFailed = false} = await command.run(values, argument, streams);
	// Without data, the command has printed its JSON.
	return {text: values['json'] && data !== undefined ? JSON.stringify(data) : text, data, hasFailed};
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
	const {cause} = error;
	const message = textOf(error);
	if (!(cause instanceof Error)) return message;
	// The message ends with what to do, so the cause goes in brackets.
	if (isUsage(error)) return `${message} (${textOf(cause)})`;
	return `${message.replace(/(?:: \w+)?\. See `cause`$/, '')}: ${textOf(cause)}`;
};

/** If every address of a host failed, only the inner errors have a message. */
const textOf = ({message, code, name}: NodeJS.ErrnoException): string => message || code || name;

/** A wrong URL is wrong usage too: running the command again doesn't help. */
const isUsage = (error: unknown): boolean =>
	error instanceof UsageError || (error instanceof SessionError && error.code === 'ERR_SESSION_STORE_URL');

/**
Runs a command: answers go to standard output, errors and progress to standard error.

@param args What stands after the program's name.
@returns The exit code: 0 done, 1 failed, 2 wrong usage.
*/
export const main = async (args: readonly string[], streams: Streams): Promise<0 | 1 | 2> => {
	const {stdout, stderr} = streams;
	try {
		const {text, hasFailed} = await run(args, streams);
		if (text !== '') stdout.write(`${printable(text)}\n`);
		return hasFailed ? 1 : 0;
	} catch (error) {
		stderr.write(`${printable(messageOf(error))}\n`);
		return isUsage(error) ? 2 : 1;
	}
};
