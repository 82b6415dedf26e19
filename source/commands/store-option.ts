import type {Store} from '../store.ts';
import {open} from '../stores/open.ts';
import {type CommandOption, type OptionValues, UsageError} from './command.ts';

/** An option that names a store. */
export const storeOption = (help = 'The store of the sessions'): CommandOption => ({
	type: 'string',
	value: 'URL',
	isRequired: true,
	help: `${help}: a URL, as for the \`store\` option, or \`env:NAME\``,
});

/** What `--help` says about passwords in URLs. */
export const aboutStores =
	'Other users of this machine can see the command line. Keep a URL with a password in an environment variable, such as\nSTORE, and write `env:STORE`.';

/** The URL in an option, or in the environment variable that it names. */
export const urlOf = (values: OptionValues, option = 'store'): string => {
	const given = String(values[option]);
	const name = /^env:(\w*)$/.exec(given)?.[1];
	if (name === undefined) return given;

	const url = process.env[name];
	if (url) return url;
	throw new UsageError(
		name
			? `Expected the environment variable ${name} to hold the URL for \`--${option}\``
			: `Expected \`--${option}\` to name an environment variable after \`env:\``,
	);
};

/** Opens the store that an option names, and closes it in any case. */
export const withStore = async <Result>(
	values: OptionValues,
	work: (store: Store) => Promise<Result>,
	option = 'store',
): Promise<Result> => {
	const store = await open(urlOf(values, option));
	try {
		return await work(store);
	} finally {
		await store.close?.();
	}
};
