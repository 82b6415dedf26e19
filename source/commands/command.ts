/** What a command gives: for people, and as data for programs that ask by `--json`. */
export type Answer = {
	readonly text: string;
	readonly data: unknown;

	/** Not all was done that was asked: the exit code is 1. */
	readonly hasFailed?: boolean;
};

/** An option of a command, in the form of `parseArgs` in `node:util`. */
export type CommandOption = {
	readonly type: 'string' | 'boolean';
	readonly short?: string;

	/** What stands for its value in `--help`, as `URL`. */
	readonly value?: string;
	readonly isRequired?: true;

	/** What it does, for `--help`. */
	readonly help: string;
};

/** Options as they were given, by name. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** One thing that the command line does. */
export type Command = {
	/** What it does, in one line, for `--help`. */
	readonly summary: string;

	/** What else is worth knowing, for its own `--help`. */
	readonly details?: string;

	/** What stands beside the options, if it wants anything. */
	readonly argument?: {readonly name: string; readonly help: string};

	/** Its options; `--json` and `--help` every command has. */
	readonly options: Readonly<Record<string, CommandOption>>;

	/**
	Does it. What it throws is shown by its message, and the exit code is 1.

	@param argument Empty for a command that wants none.
	*/
	run(values: OptionValues, argument: string): Answer | Promise<Answer>;
};

/** The command can't be understood as it was given: the exit code is 2. */
export class UsageError extends TypeError {}
