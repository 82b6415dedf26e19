#!/usr/bin/env node
/**
`koa-server-session <command>`: what is to be done beside the application.

Answers go to standard output, complaints to standard error. Exit codes: 0 done, 1 failed, 2 not understood.
*/
import {parseArgs} from 'node:util';
import type {Command, CommandOption} from './commands/command.ts';
import {createTable} from './commands/create-table.ts';
import {keygen} from './commands/keygen.ts';
import {suggestion} from './options/suggestion.ts';

const commands: Readonly<Record<string, Command>> = {keygen, 'create-table': createTable};

const common = {
	json: {type: 'boolean', help: 'Print JSON'},
	help: {type: 'boolean', short: 'h', help: 'Show this'},
} as const satisfies Record<string, CommandOption>;

/** Understands what is asked for, without doing it yet. */
const parse = ([name = '--help', ...args]: readonly string[]): (() => Promise<string>) => {
	if (name === '--help' || name === '-h') return async () => overview();

	const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (!command) throw new TypeError(`Unknown command \`${name}\`. ${suggestion(name, Object.keys(commands))}`);

	const options = {...command.options, ...common};
	const {values} = parseArgs({args, options});
	if (values.help) return async () => `${usage(name)}\n\n${command.summary}.\n\n${table(options, '--')}`;

	return async () => {
		const {text, data} = await command.run(values);
		return values.json ? JSON.stringify(data) : text;
	};
};

const overview = (): string =>
	`${usage('<command>')}\n\n${table(
		Object.fromEntries(Object.entries(commands).map(([name, {summary}]) => [name, {help: summary}])),
	)}\n\n${usage('<command> --help')} shows the options of a command.`;

const usage = (rest: string): string => `koa-server-session ${rest}`;

const table = (rows: Readonly<Record<string, {readonly help: string}>>, prefix = ''): string =>
	Object.entries(rows)
		.map(([name, {help}]) => `  ${prefix}${name.padEnd(16)}${help}`)
		.join('\n');

/** Does what its argument does, and ends with an exit code if that fails. */
const orExit = async <Result>(code: number, work: () => Result | Promise<Result>): Promise<Result | undefined> => {
	try {
		return await work();
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = code;
		return undefined;
	}
};

const run = await orExit(2, () => parse(process.argv.slice(2)));
const answer = run && (await orExit(1, run));
if (answer !== undefined) console.log(answer);
