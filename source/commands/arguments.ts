import {parseArgs} from 'node:util';
import {suggestion} from '../options/suggestion.ts';
import {type Command, type OptionValues, UsageError} from './command.ts';

/** The options and the argument that a command was called with. */
export type Given = {readonly values: OptionValues; readonly argument: string};

/**
Reads what follows a command's name.

@throws UsageError It repeats nothing but the names of options: anything else may be an id or a password.
*/
export const readArguments = (
	args: readonly string[],
	options: Command['options'],
	argument: Command['argument'],
): Given => {
	const {values, positionals} = parse(args, options);
	const [given, ...others] = positionals;
	if (values['help']) return {values, argument: ''};
	if (others.length > 0 || (given !== undefined && !argument)) {
		throw new UsageError(`Expected ${argument ? `one ${argument.name}` : 'no argument, only options'}`);
	}

	for (const [name, {isRequired, value}] of Object.entries(options)) {
		if (isRequired && values[name] === undefined) throw new UsageError(`Expected \`--${name} ${value}\``);
	}
	if (argument && given === undefined) throw new UsageError(`Expected ${argument.name}. ${argument.help}`);
	return {values, argument: given ?? ''};
};

const parse = (args: readonly string[], options: Command['options']) => {
	const values: Record<string, string | boolean> = {};
	const positionals: string[] = [];
	// Not strict: the errors of `parseArgs` quote what was given.
	const parsed = parseArgs({args: args.map(hideDash), options, allowPositionals: true, strict: false, tokens: true});
	for (const token of parsed.tokens) {
		if (token.kind === 'positional') positionals.push(args[token.index] ?? '');
		if (token.kind !== 'option') continue;
		// Otherwise only one of them would count, and nobody could see which.
		if (Object.hasOwn(values, token.name))
			throw new UsageError(`Expected \`--${token.name}\` once, got it more than once`);
		values[token.name] = readOption(token, args, options);
	}

	return {values, positionals};
};

/**
One id in 64 begins with a dash, but `parseArgs` would take it for options. No option has so long a name, so this is an id
even where a character is missing or too many.
*/
const hideDash = (arg: string): string => (/^-[\w-]{30,}(?:\.|$)/.test(arg) ? 'ID' : arg);

type OptionToken = {
	readonly index: number;
	readonly name: string;
	readonly rawName: string;
	readonly value: string | undefined;
	readonly inlineValue: boolean | undefined;
};

const readOption = (
	{index, name, rawName, value, inlineValue}: OptionToken,
	args: readonly string[],
	options: Command['options'],
): string | boolean => {
	const option = Object.hasOwn(options, name) ? options[name] : undefined;
	if (!option) throw unknown(rawName, Object.keys(options));

	if (option.type === 'boolean') {
		if (value === undefined) return true;
		throw new UsageError(`Expected \`--${name}\` without a value`);
	}

	if (value !== undefined && inlineValue) return value;
	if (value !== undefined && !/^-./.test(value)) return args[index + 1] ?? '';
	throw new UsageError(
		`Expected a value after \`--${name}\`. If the value begins with a dash, write \`--${name}=${option.value}\``,
	);
};

const unknown = (rawName: string, known: readonly string[]): UsageError => {
	const [, name] = /^--([a-z-]{1,20})$/.exec(rawName) ?? [];
	if (name === undefined) return new UsageError('Expected options with two dashes, such as `--json`');
	return new UsageError(`Unknown option \`--${name}\`. ${suggestion(name, known, '--')}`);
};
