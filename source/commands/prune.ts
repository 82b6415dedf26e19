import type {Command} from './command.ts';
import {count} from './printable.ts';
import {sessionsOn} from './sessions-on.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';

/** Deletes expired records, where the store doesn't do so itself. */
export const prune: Command = {
	summary: 'Delete expired sessions, from stores that keep them until then',
	details: `For a cron job, while the application runs: SQL and the filesystem need it, Redis, memcached and DynamoDB don't.\n\n${aboutStores}`,
	options: {store: storeOption()},
	run: values =>
		withStore(values, async store => {
			const data = {pruned: await sessionsOn(store).prune(), expiresByItself: !store.prune};
			const text = store.prune
				? `${count(data.pruned, 'expired session')} deleted.`
				: 'Nothing to do: this store removes expired sessions by itself.';
			return {text, data};
		}),
};
