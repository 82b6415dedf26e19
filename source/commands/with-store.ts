import type {Store} from '../store.ts';
import {open} from '../stores/open.ts';
import type {CommandOption, OptionValues} from './command.ts';

/** The option that names a store. */
export const storeOption: CommandOption = {
	type: 'string',
	help: 'The URL of the store, as the option `store` takes it',
};

/**
Opens the store that `--store` names, and closes it whatever happens.

@throws TypeError If it isn't named.
*/
export const withStore = async <Result>(
	{store: url}: OptionValues,
	work: (store: Store) => Promise<Result>,
): Promise<Result> => {
	if (typeof url !== 'string')
		throw new TypeError('Expected `--store` to name a store, as `--store postgres://host/app`');

	const store = await open(url);
	try {
		return await work(store);
	} finally {
		await store.close?.();
	}
};
