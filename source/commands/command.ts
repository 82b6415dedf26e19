/** What a command gives: for people, and as data for programs that ask by `--json`. */
export type Answer = {readonly text: string; readonly data: unknown};

/** An option of a command, in the form of `parseArgs` in `node:util`. */
export type CommandOption = {
	readonly type: 'string' | 'boolean';
	readonly short?: string;

	/** What it does, for `--help`. */
	readonly help: string;
};

/** Options as they were given, by name. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** One thing that the command line does. */
export type Command = {
	/** What it does, in one line, for `--help`. */
	readonly summary: string;

	/** Its options; `--json` and `--help` every command has. */
	readonly options: Readonly<Record<string, CommandOption>>;

	/** Does it. What it throws is shown by its message, and the exit code is 1. */
	run(values: OptionValues): Answer | Promise<Answer>;
};
