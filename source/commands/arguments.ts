import {parseArgs} from 'node:util';
import {suggestion} from '../options/suggestion.ts';
import {type Command, type OptionValues, UsageError} from './command.ts';

/** Options and argument of a command, as they were given. */
export type Given = {readonly values: OptionValues; readonly argument: string};

/**
Understands what stands behind a command's name.

@throws UsageError That shows nothing of what was given but the names of options: the rest may be an id or a password.
*/
export const readArguments = (
	args: readonly string[],
	options: Command['options'],
	argument: Command['argument'],
): Given => {
	const {values, positionals} = parse(shield(args, options), options);
	const [given, ...others] = positionals;
	if (values['help']) return {values, argument: ''};
	if (others.length > 0 || (given !== undefined && !argument)) {
		throw new UsageError(`Expected ${argument ? `one ${argument.name}` : 'no argument beside the options'}`);
	}

	for (const [name, {isRequired, value}] of Object.entries(options)) {
		if (isRequired && values[name] === undefined) throw new UsageError(`Expected \`--${name} ${value}\``);
	}
	if (argument && given === undefined) throw new UsageError(`Expected ${argument.name}. ${argument.help}`);
	return {values, argument: given ?? ''};
};

const parse = (args: string[], options: Command['options']) => {
	try {
		return parseArgs({args, options, allowPositionals: true});
	} catch (error) {
		const message = error instanceof Error ? error.message : '';
		const [, unknown] = /^Unknown option '--([a-z-]{1,20})'/.exec(message) ?? [];
		if (unknown)
			throw new UsageError(`Unknown option \`--${unknown}\`. ${suggestion(unknown, Object.keys(options), '--')}`);
		const [, known] = /'(?:-\w, )?--([a-z-]+)(?: <value>)?'/.exec(message) ?? [];
		const isKnown = known !== undefined && Object.hasOwn(options, known);
		throw new UsageError(
			isKnown ? misused(known, options[known]?.value) : 'Expected options of two dashes, as `--json`',
		);
	}
};

const misused = (name: string, value: string | undefined): string =>
	value === undefined
		? `Expected \`--${name}\` without a value`
		: `Expected \`--${name}\` to be followed by its value, as \`--${name}=${value}\` if that begins with a dash`;

/** One id in 64 begins with a dash. No option looks like one. */
const shield = (args: readonly string[], options: Command['options']): string[] => {
	const [shielded, ids]: [string[], string[]] = [[], []];
	for (const arg of args) {
		const before = shielded.at(-1) ?? '';
		if (!/^-[\w-]{42}(?:\.|$)/.test(arg)) shielded.push(arg);
		else if (options[before.replace(/^--/, '')]?.type === 'string') shielded.splice(-1, 1, `${before}=${arg}`);
		else ids.push(arg);
	}
	return ids.length > 0 ? [...shielded, '--', ...ids] : shielded;
};
