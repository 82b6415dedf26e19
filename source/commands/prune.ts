import type {Command} from './command.ts';
import {count} from './printable.ts';
import {sessionsIn} from './sessions.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';

/** Deletes expired records from a store that doesn't do so itself. */
export const prune: Command = {
	summary: 'Delete expired sessions from a store that keeps them',
	details: `The application may be running. SQL databases, MongoDB and the filesystem delete some expired sessions as they are\nused; this deletes all of them now. Other stores don't need it, nor does MongoDB with its indexes.\n\n${aboutStores}`,
	options: {store: storeOption()},
	run: values =>
		withStore(values, async store => {
			const data = {pruned: await sessionsIn(store).prune(), expiresByItself: !store.prune};
			const text = store.prune
				? `${count(data.pruned, 'expired session')} deleted.`
				: 'Nothing to do: this store deletes expired sessions itself.';
			return {text, data};
		}),
};
