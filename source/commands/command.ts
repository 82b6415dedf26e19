/** What a command prints: text for people, or data for programs that ask with `--json`. */
export type Answer = {
	/** Empty: all is printed already. */
	readonly text: string;
	readonly data: unknown;

	/** Part of the work failed: the exit code is 1. */
	readonly hasFailed?: boolean;
};

/** An option of a command, as `parseArgs` in `node:util` expects it. */
export type CommandOption = {
	readonly type: 'string' | 'boolean';
	readonly short?: string;

	/** What `--help` shows in place of its value, such as `URL`. */
	readonly value?: string;
	readonly isRequired?: true;

	/** What it does, for `--help`. */
	readonly help: string;
};

/** The options that were given, by name. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** A command of the command line. */
export type Command = {
	/** What it does, in one line, for the overview. */
	readonly summary: string;

	/** More about it, for its own `--help`. */
	readonly details?: string;

	/** The argument that it takes besides the options, if any. */
	readonly argument?: {readonly name: string; readonly help: string};

	/** Its own options. Every command also has `--json` and `--help`. */
	readonly options: Readonly<Record<string, CommandOption>>;

	/**
	Runs the command. If it throws, the message is printed and the exit code is 1.

	@param argument Empty if the command takes none.
	@param streams Where to say how far it is (`stderr`), and to print what would be too much to keep (`stdout`).
	*/
	run(values: OptionValues, argument: string, streams: Streams): Answer | Promise<Answer>;
};

/** A terminal, a pipe or a file. */
export type Output = {
	/** @param done Called once the text has arrived, or with the error that lost it. */
	write(text: string, done?: (error?: Error | null) => void): unknown;
	readonly isTTY?: boolean;
};

/** Where a command's words go. */
export type Streams = {readonly stdout: Output; readonly stderr: Output};

/** The command was called wrongly: the exit code is 2. */
export class UsageError extends TypeError {}
