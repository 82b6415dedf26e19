import type {Store} from '../store.ts';
import {open} from '../stores/open.ts';
import {type CommandOption, type OptionValues, UsageError} from './command.ts';

/** An option that names a store. */
export const storeOption = (help = 'Where the sessions are'): CommandOption => ({
	type: 'string',
	value: 'URL',
	isRequired: true,
	help: `${help}: a URL as the option \`store\` takes it, or \`env:NAME\``,
});

/** What to say in `--help` about the passwords in URLs. */
export const aboutStores =
	'Others on this machine can see what you type here. A URL with a password is better kept in a variable of the\nenvironment, say STORE, and named by `env:STORE`.';

/** The URL that an option names. */
export const urlOf = (values: OptionValues, option = 'store'): string => {
	const given = String(values[option]);
	const name = /^env:(\w*)$/.exec(given)?.[1];
	if (name === undefined) return given;

	const url = process.env[name];
	if (url) return url;
	throw new UsageError(
		`Expected the environment to have the URL of \`--${option}\` as ${name || 'a name after `env:`'}`,
	);
};

/** Opens the store that an option names, and closes it whatever happens. */
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
