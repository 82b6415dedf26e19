import {isHandle} from '../tokens/identifier.ts';
import {type CommandOption, type OptionValues, UsageError} from './command.ts';

/** The option for applications that set `prefix`. */
export const prefixOption: CommandOption = {
	type: 'string',
	value: 'TEXT',
	help: "The application's `prefix` option; 'session:' if it has none",
};

export const prefixOf = ({prefix = 'session:'}: OptionValues): string => {
	if (/^[!-~]{0,200}$/.test(String(prefix))) return String(prefix);
	throw new UsageError('Expected `--prefix` to be up to 200 printable ASCII characters without spaces');
};

/** The handle in a session's key. `undefined` for any other key: the store may hold other things too. */
export const handleIn = (key: string, prefix: string): string | undefined => {
	const handle = key.slice(prefix.length);
	return key.startsWith(prefix) && isHandle(handle) ? handle : undefined;
};

/** For a command that found nothing, which may be because it looked in the wrong place. */
export const prefixHint = (prefix: string): string =>
	`If the application sets another prefix than \`${prefix}\`, pass it with \`--prefix\`.`;
