import type {Command, CommandOption} from './command.ts';
import {rows} from './printable.ts';

/** How the command line is called. */
export const usage = (rest: string): string => `koa-server-session ${rest}`;

/** All commands, each with its summary. */
export const overview = (commands: Readonly<Record<string, Command>>): string =>
	`${usage('<command>')}

${rows(
	Object.entries(commands).map(([name, {summary}]) => [name, summary]),
	'  ',
)}

${usage('<command> --help')} shows the options of a command.
Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** How one command is called. */
export const helpOf = (name: string, {summary, details, argument, options}: Command): string => {
	const named = Object.entries(options).map(([name, option]) => ({...option, name: spell(name, option)}));
	const call = [
		name,
		...(argument ? [argument.name] : []),
		...named.map(({name, isRequired}) => (isRequired ? name : `[${name}]`)),
	];
	const table = named.map(({name, help}) => [name, help] as const);
	return [
		usage(call.join(' ')),
		`${summary}.`,
		rows(argument ? [[argument.name, argument.help], ...table] : table, '  '),
		...(details === undefined ? [] : [details]),
	].join('\n\n');
};

const spell = (name: string, {value}: CommandOption): string => `--${name}${value === undefined ? '' : ` ${value}`}`;
